import * as reference from '../../../kernels/reference';
import {masked} from '../../cases/masks';
import {Random} from '../../cases/random';
import {type BrowserPage, open} from '../../hosts/browser';
import {type BrowserHost, inBrowser} from '../../hosts/in_browser';
import type {Functions} from '../../pages/webgl';
import {ulpError, worst} from '../../ulp';

describe('what is special about textures', () => {
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await open<Functions>({entry: 'spec/pages/webgl.ts'});
    await page.run('start', {});
  });
  afterAll(() => page.close());

  const random = new Random(9);
  const normal = (size: number) => Float32Array.from({length: size}, () => random.normal(3));
  const rowsOf = (values: Float32Array, n: number) =>
    reference.alongAxis([values.length / n, n], 1, [values], reference.softmax);

  test.each([
    [
      [3, 4],
      [2, 6],
    ],
    [[12], [3, 4]],
    [[6], [3, 1, 2]],
    [
      [4, 5],
      [2, 2, 5],
    ],
    [[15], [3, 5]],
  ])('data uploaded under %p and used under %p', async (first, second) => {
    const values = normal(first.reduce((a, b) => a * b));
    const actual = await page.run('softmaxOfReshaped', {values, first, second});
    expect(worst(actual, rowsOf(values, second.at(-1)!), ulpError).error).toBeLessThanOrEqual(6);
  });

  test.each([1, 3])('a slice that is an offset into another texture: from row %i', async (begin) => {
    const values = normal(5 * 7);
    const actual = await page.run('softmaxOfSlice', {values, shape: [5, 7], begin});
    expect(worst(actual, rowsOf(values.slice(begin * 7), 7), ulpError).error).toBeLessThanOrEqual(6);
  });

  test.each([
    ['softmaxProduct', reference.softmaxProduct],
    ['logSoftmaxJvp', reference.logSoftmaxJvp],
    ['logSoftmaxVjp', reference.logSoftmaxVjp],
  ] as const)('%s of given probabilities is within 4 · 2^-24 of its own scale', async (op, exactOf) => {
    for (const n of [5, 128, 1000, 50257]) {
      const [y, v] = [Float32Array.from(reference.softmax(normal(n))), normal(n)];
      const actual = await page.run('productOf', {op, shape: [1, n], y, v});
      const total = (f: (i: number) => number) => y.reduce((sum, _, i) => sum + f(i), 0);
      const [yv, vs] = [total((i) => Math.abs(y[i]! * v[i]!)), total((i) => Math.abs(v[i]!))];
      const scale = {
        softmaxProduct: (i: number) => y[i]! * (Math.abs(v[i]!) + yv),
        logSoftmaxJvp: (i: number) => Math.abs(v[i]!) + yv,
        logSoftmaxVjp: (i: number) => Math.abs(v[i]!) + y[i]! * vs,
      }[op];
      const error = (a: number, e: number, i: number) => Math.abs(a - e) / (scale(i) * 2 ** -24 + 1e-30);
      expect(worst(actual, exactOf(y, v), error).error).toBeLessThanOrEqual(4);
    }
  });
});

describe.each([true, false])('shapes that textures make hard, uploaded packed: %s', (packed) => {
  let host: BrowserHost;
  beforeAll(async () => {
    host = await inBrowser('webgl', {environment: {WEBGL_PACK: packed}});
  });
  afterAll(() => host.close());

  test.each([
    ['more than 65535 rows', [70_001, 5]],
    ['more elements than a line of texels has room for', [3, 40_001]],
    ['rank 1, wrapped', [33_333]],
    ['one column', [301, 1]],
  ])('%s', async (_, shape) => {
    await expectRight(shape, shape.length - 1);
  });

  test.each([
    [[4, 5, 1, 1], 1],
    [[5, 1], 0],
    [[1, 5], 0],
    [[3, 7, 1], 0],
    [[3, 7, 1], 1],
    [[1, 1, 9], 1],
    [[40_001, 3], 0],
    [[3, 20_003, 2], 1],
  ])('axes of length 1, and long ones across: %p along %i', expectRight);

  test.each([[[2, 1, 2, 1, 2, 1]], [[3, 1, 3, 1, 5]]])(
    'a mask repeated along every other of six dimensions: %p',
    async (maskShape) => {
      const {shape, values, mask, keep} = masked('', [2, 3, 2, 3, 2, 5], maskShape, 4, (_, r) => r.uniform() < 0.5);
      const outcome = await host.run({op: 'softmax', shape, logits: values, axis: 4, mask});
      expect(outcome.kernels).toEqual(['maskedSoftmax']);
      const exact = reference.alongAxis(shape, 4, [values, keep], reference.masked.softmax);
      expect(worst(outcome.values, exact, ulpError).error).toBeLessThanOrEqual(6);
    },
  );

  async function expectRight(shape: number[], axis: number): Promise<void> {
    const random = new Random(4);
    const logits = Float32Array.from({length: shape.reduce((a, b) => a * b)}, () => random.normal(3));
    const {values, kernels} = await host.run({op: 'softmax', shape, logits, axis});
    expect(kernels).toEqual(['softmax']);
    const exact = reference.alongAxis(shape, axis, [logits], reference.softmax);
    expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(6);
  }
});

describe('logits whose difference overflows, while scale times it does not', () => {
  let host: BrowserHost;
  beforeAll(async () => {
    host = await inBrowser('webgl');
  });
  afterAll(() => host.close());

  const LOGITS = [3e38, -3e38, 2.9e38, 1e38, -3.4e38, 0, 1, -2e38];
  const MASK = [1, 1, 0, 1, 1, 1, 1, 1];

  describe.each([0.25, -0.25, 0.999, 1e-6, -3e-38, 1e-38])('scale %p', (scale) => {
    test.each([
      ['softmax', false],
      ['softmax', true],
      ['logSoftmax', false],
      ['logSoftmax', true],
    ] as const)('%s, masked: %p', async (op, hasMask) => {
      const keep = hasMask ? MASK : MASK.map(() => 1);
      const mask = hasMask ? {shape: [8], values: Uint8Array.from(MASK)} : undefined;
      const {values} = await host.run({op, shape: [8], logits: Float32Array.from(LOGITS), scale, mask});
      const scaled = Float64Array.from(LOGITS, (x) => Math.fround(x) * scale);
      const exact = reference.masked[op](scaled, keep);
      expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(6);
    });
  });

  test.each([
    ['class indices', {shape: [1], values: Int32Array.of(0)}, [1, 0, 0]],
    ['distributions', {shape: [1, 3], values: Float32Array.of(0.5, 0.125, 0.25)}, [0.5, 0.125, 0.25]],
  ])('a smoothed loss that fits: %s', async (_, labels, q) => {
    const logits = Float32Array.of(3e38, -3e38, 1e38);
    const {values} = await host.run({op: 'crossEntropy', shape: [1, 3], logits, labels, smoothing: 0.25});
    const exact = reference.crossEntropy(
      logits,
      q.map((l) => 0.75 * l + 0.25 / 3),
    );
    expect(ulpError(values[0]!, exact)).toBeLessThanOrEqual(6);
  });
});
