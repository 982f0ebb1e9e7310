import {webglBackend} from '../../../backends/webgl';
import {type BrowserHost, inBrowser} from '../../hosts/in_browser';
import {describeConformance} from '../conformance';

/** Each way to cut reductions, and each layout of inputs; cut.spec.ts has the two other pairs, with fewer shapes. */
describe.each([
  ['packed, reductions cut as for hardware', {}, true],
  ['unpacked, reductions cut as for SwiftShader', {WEBGL_PACK: false}, false],
])('webgl, inputs uploaded %s', (_, environment, cutAsForHardware) => {
  let host: BrowserHost;
  afterAll(() => host.close());

  describeConformance(
    'webgl',
    async () => {
      host = await inBrowser('webgl', {environment, cutAsForHardware});
      expect(host.name).toContain(cutAsForHardware ? 'cut for parallelism' : 'cut for few draws');
      return host;
    },
    webglBackend,
  );
});
