import * as reference from '../../../kernels/reference';
import {type BrowserPage, open} from '../../hosts/browser';
import {type BrowserHost, inBrowser} from '../../hosts/in_browser';
import type {Functions} from '../../pages/webgl';
import {ulpErrorAboveOne, worst} from '../../ulp';

describe('small tensors that are not in a texture, as tfjs is by default', () => {
  const logits = Float32Array.of(1, 2, -Infinity, 3, 30, 0);
  const vector = Float32Array.of(1, 2, 3, 4, 5, 6);
  let host: BrowserHost;
  beforeAll(async () => {
    host = await inBrowser('webgl', {environment: {WEBGL_CPU_FORWARD: true}});
  });
  afterAll(() => host.close());

  test.each([
    ['softmax', reference.softmax],
    ['logSoftmax', reference.logSoftmax],
  ] as const)('%s is right', async (op, row) => {
    const {values} = await host.run({op, shape: [2, 3], logits});
    expect(worst(values, reference.alongAxis([2, 3], 1, [logits], row), ulpErrorAboveOne).error).toBeLessThanOrEqual(2);
  });

  test('a product is right', async () => {
    const exact = reference.alongAxis([2, 3], 1, [logits, vector], (x, v) =>
      reference.softmaxProduct(reference.softmax(x), v),
    );
    const {values} = await host.run({op: 'softmaxVjp', shape: [2, 3], logits, vector});
    expect(worst(values, exact, ulpErrorAboveOne).error).toBeLessThanOrEqual(4);
  });
});

describe('draws by size', () => {
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await open<Functions>({entry: 'spec/pages/webgl.ts'});
    await page.run('start', {flags: {WEBGL_CPU_FORWARD: true}});
  });
  afterAll(() => page.close());

  test.each(['softmax', 'logSumExp', 'softmaxProduct', 'logSoftmaxVjp'] as const)('%s', async (op) => {
    expect((await page.run('observe', {op, shape: [2, 3], packed: 'not in a texture'})).draws).toBe(0);
    expect((await page.run('observe', {op, shape: [2, 300], packed: 'not in a texture'})).draws).toBeGreaterThan(0);
    expect((await page.run('observe', {op, shape: [2, 3], packed: true})).draws).toBeGreaterThan(0);
  });
});
