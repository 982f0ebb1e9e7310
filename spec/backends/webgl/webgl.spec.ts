import {webglBackend} from '../../../backends/webgl';
import {type BrowserHost, inBrowser} from '../../hosts/in_browser';
import {describeConformance} from '../conformance';

describe.each([
  ['packed', {}],
  ['unpacked', {WEBGL_PACK: false}],
])('webgl, inputs uploaded %s', (_, environment) => {
  let host: BrowserHost;
  afterAll(() => host.close());

  describeConformance(
    'webgl',
    async () => {
      host = await inBrowser('webgl', {environment});
      return host;
    },
    webglBackend,
  );
});
