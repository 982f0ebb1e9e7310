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
    // The error of a product is twice that of its softmax, in its unit, and its own.
    {softmax: 6, logSoftmax: 5, logSumExp: 2, product: 10, rowSum: 2 ** -22},
    'fused',
  );
});
