import * as reference from '../../../kernels/reference';
import {Random} from '../../cases/random';
import {type BrowserPage, open} from '../../hosts/browser';
import {type BrowserHost, inBrowser} from '../../hosts/in_browser';
import type {Functions} from '../../pages/webgl';
import {worst} from '../../ulp';

/**
 * Half-float textures, as on many phones: 11 bits, up to 65504. Logits become half floats on their way in, so they are
 * that here from the start, and results are compared in relative terms as far down as half floats are normal.
 */
describe('webgl on half-float textures', () => {
  let host: BrowserHost;
  beforeAll(async () => {
    host = await inBrowser('webgl', {
      environment: {WEBGL_FORCE_F16_TEXTURES: true, WEBGL_RENDER_FLOAT32_ENABLED: false},
    });
  });
  afterAll(() => host.close());

  test('is what runs', () => {
    expect(host.name).toContain('half-float');
  });

  const SMALLEST_NORMAL = 2 ** -14;
  const relative = (actual: number, exact: number) => Math.abs(actual - exact) / Math.max(exact, SMALLEST_NORMAL);

  const random = new Random(16);
  const halves = (n: number, fill: (i: number) => number) => Float32Array.from({length: n}, (_, i) => toHalf(fill(i)));
  const ROWS: [string, Float32Array][] = [
    ['normal, sigma 3', halves(1000, () => random.normal(3))],
    ['a long row', halves(5000, () => random.normal(1))],
    ['100,000 normal', halves(100_000, () => random.normal(1))],
    ['offset 10000', halves(300, () => 10000 + 8 * random.integer(0, 3))],
    ['confident', halves(100, (i) => (i === 50 ? 12 : random.normal(1)))],
    ['-1e9 mask', Float32Array.from({length: 100}, (_, i) => (i % 3 === 0 ? -1e9 : toHalf(random.normal(2))))],
    [
      '-Infinity mask',
      Float32Array.from({length: 100}, (_, i) => (i % 3 === 0 ? -Infinity : toHalf(random.normal(2)))),
    ],
  ];

  test.each(ROWS)('softmax within 2^-9: %s', async (_, logits) => {
    const {values, kernels} = await host.run({op: 'softmax', shape: [1, logits.length], logits});
    expect(kernels).toEqual(['softmax']);
    expect(worst(values, reference.softmax(logits), relative).error).toBeLessThanOrEqual(2 ** -9);
  });

  test.each(ROWS)('logSoftmax is finite where the true value is, and within 2^-9: %s', async (_, logits) => {
    const {values} = await host.run({op: 'logSoftmax', shape: [1, logits.length], logits});
    const exact = reference.logSoftmax(logits);
    const {error} = worst(values, exact, (actual, e) =>
      e < -65504 ? (actual <= -65000 ? 0 : 1) : Math.abs(actual - e) / Math.max(1, -e),
    );
    expect(error).toBeLessThanOrEqual(2 ** -9);
  });

  test('100,000 equal logits: sums beyond the largest half float', async () => {
    const call = {shape: [1, 100_000], logits: new Float32Array(100_000)};
    const {values} = await host.run({op: 'softmax', ...call});
    // 1e-5 is not a normal half float any more: the nearest are 2^-24 apart.
    expect(worst(values, new Float64Array(100_000).fill(1e-5), (a, e) => Math.abs(a - e)).error).toBeLessThan(2 ** -24);
    const {values: logs} = await host.run({op: 'logSoftmax', ...call});
    expect(Math.abs(logs[77_777]! + Math.log(100_000))).toBeLessThan(2 ** -7);
    const {values: sum} = await host.run({op: 'logSumExp', ...call});
    expect(Math.abs(sum[0]! - Math.log(100_000))).toBeLessThan(2 ** -7);
  });

  test('a row of nothing but masks of -1e9 is uniform, not NaN', async () => {
    const {values} = await host.run({op: 'softmax', shape: [2, 4], logits: new Float32Array(8).fill(-1e9)});
    expect(Array.from(values)).toEqual(Array(8).fill(0.25));
  });

  test('a NaN still makes its row NaN, and no other', async () => {
    const logits = Float32Array.of(1, NaN, 2, 1, 1, 1);
    const {values} = await host.run({op: 'softmax', shape: [2, 3], logits});
    expect(Array.from(values.subarray(0, 3))).toEqual([NaN, NaN, NaN]);
    expect(worst(values.subarray(3), [1 / 3, 1 / 3, 1 / 3], relative).error).toBeLessThanOrEqual(2 ** -9);
  });

  test.each([5, 3000])('masks: exactly 0, or the lowest half float; n = %i', async (n) => {
    // The first half of the first row, a third of the rest, and all of the second row.
    const logits = halves(2 * n, () => random.normal(2)).map((x, i) => (i < n / 2 || i % 3 === 0 ? NaN : x));
    const mask = {shape: [2, n], values: Uint8Array.from(logits, (x, i) => Number(i < n && !Number.isNaN(x)))};
    const {values, kernels} = await host.run({op: 'softmax', shape: [2, n], logits, mask});
    expect(kernels).toEqual(['maskedSoftmax']);
    const exact = reference.alongAxis([2, n], 1, [logits, mask.values], reference.masked.softmax);
    expect(worst(values, exact, relative).error).toBeLessThanOrEqual(2 ** -9);
    expect(values.filter((_, i) => !mask.values[i]).every((y) => y === 0)).toBe(true);
    const {values: logs} = await host.run({op: 'logSoftmax', shape: [2, n], logits, mask});
    expect(logs.filter((_, i) => !mask.values[i]).every((y) => y === -65504)).toBe(true);
    expect(logs.filter((_, i) => mask.values[i]).every((y) => y > -40)).toBe(true);
    const {values: sums} = await host.run({op: 'logSumExp', shape: [2, n], logits, mask});
    expect(Math.abs(sums[0]! - reference.logSumExp(logits.filter((_, i) => mask.values[i])))).toBeLessThan(2 ** -7);
    expect(sums[1]).toBe(-65504);
  });

  test.each([
    ['class indices', 100, 'sparse'],
    ['class indices in a row of 100,000', 100_000, 'sparse'],
    ['distributions', 100, 'dense'],
    ['distributions over 5,000', 5000, 'dense'],
  ])('cross-entropy and its gradient: %s', async (_, n, kind) => {
    const shape = [2, n];
    const logits = halves(2 * n, () => random.normal(2));
    const classes = Int32Array.of(17, 88);
    const dense = halves(2 * n, (i) => (i % 5 === 0 ? 5 / n : 0));
    const labels = kind === 'sparse' ? {shape: [2], values: classes} : {shape, values: dense};
    const oneHot = logits.map((_, i) => Number(i % n === classes[Math.floor(i / n)]));
    const q = kind === 'sparse' ? oneHot : dense;
    const call = {shape, logits, labels, smoothing: 0};

    const losses = await host.run({op: 'crossEntropy', ...call});
    const exact = reference.alongAxis(shape, 1, [logits, q], (x, l) => [reference.crossEntropy(x, l)]);
    expect(worst(losses.values, exact, (a, e) => Math.abs(a - e) / e).error).toBeLessThanOrEqual(2 ** -9);
    const gradient = await host.run({op: 'gradCrossEntropy', ...call, vector: Float32Array.of(1, -2)});
    const exactGradient = reference
      .alongAxis(shape, 1, [logits, q], reference.crossEntropyGradient)
      .map((g, i) => (i < n ? g : -2 * g));
    const scale = exactGradient.reduce((max, g) => Math.max(max, Math.abs(g)), 0);
    expect(worst(gradient.values, exactGradient, (a, e) => Math.abs(a - e) / scale).error).toBeLessThanOrEqual(2 ** -9);
  });

  test('a gradient over 100,000 elements does not overflow', async () => {
    const n = 100_000;
    const call = {shape: [1, n], logits: new Float32Array(n), vector: new Float32Array(n).fill(1)};
    const {values} = await host.run({op: 'gradLogSoftmax', ...call});
    // 1 - n/n: what is left is the rounding of y to a half float.
    expect(Math.max(...Array.from(values, Math.abs))).toBeLessThan(0.02);
  });
});

describe('class indices that half floats do not hold', () => {
  const [N, ROWS] = [8192, 200];
  const SPECIAL = [2049, 4099, 8191, 8190, 2047, 0, 6145];
  const random = new Random(5);
  const indices = Int32Array.from({length: ROWS}, (_, i) => SPECIAL[i] ?? random.integer(0, N - 1));
  const logits = Float32Array.from({length: ROWS * N}, () => toHalf(random.normal(2)));
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await open<Functions>({entry: 'spec/pages/webgl.ts'});
    await page.run('start', {flags: {WEBGL_FORCE_F16_TEXTURES: true, WEBGL_RENDER_FLOAT32_ENABLED: false}});
  });
  afterAll(() => page.close());

  function expectRight(
    {losses, gradient}: {losses: Float32Array; gradient: Float32Array},
    ignored: number[] = [],
  ): void {
    for (let row = 0; row < ROWS; row++) {
      const x = logits.subarray(row * N, (row + 1) * N);
      const label = indices[row]!;
      const [loss, slopes] = [losses[row]!, gradient.subarray(row * N, (row + 1) * N)];
      if (ignored.includes(label)) {
        expect([loss, slopes.every((g) => g === 0)]).toEqual([0, true]);
        continue;
      }
      const exact = -reference.logSoftmax(x)[label]!;
      expect(Math.abs(loss - exact) / exact).toBeLessThan(2 ** -9);
      expect(slopes.findIndex((g) => g < 0)).toBe(label);
      expect(slopes.filter((g) => g < 0)).toHaveLength(1);
      expect(Math.abs(slopes[label]! + 1)).toBeLessThan(0.01);
    }
  }

  test('still on the CPU: the right class, value and gradient', async () => {
    expectRight(await page.run('lossesByIndex', {n: N, logits, indices}));
  });

  test('and with an ignored index, which an op compares with all of them', async () => {
    const options = {ignoreIndex: 0};
    expectRight(await page.run('lossesByIndex', {n: N, logits, indices, options}), [0]);
  });

  test('smoothed', async () => {
    const {losses} = await page.run('lossesByIndex', {n: N, logits, indices, options: {labelSmoothing: 0.1}});
    for (let row = 0; row < 8; row++) {
      const q = Array.from({length: N}, (_, i) => 0.1 / N + (i === indices[row] ? 0.9 : 0));
      const exact = reference.crossEntropy(logits.subarray(row * N, (row + 1) * N), q);
      expect(Math.abs(losses[row]! - exact) / exact).toBeLessThan(2 ** -9);
    }
  });

  test.each([
    ['that an op has made, and so rounded', {fromOp: true}, /class indices.*half-float texture.*2,048/],
    ['with classWeights', {options: {classWeights: Array(N).fill(1)}}, /classWeights.*half floats.*2,048/],
    ['with an ignoreIndex beyond them', {options: {ignoreIndex: 4099}}, /ignoreIndex.*half floats.*2,048/],
  ])('are refused %s', async (_, how, message) => {
    await expect(page.run('lossesByIndex', {n: N, logits, indices, ...how})).rejects.toThrow(message);
  });

  test('up to 2,048 classes any op may have made them; what is no class gives NaN', async () => {
    const few = {n: 2048, logits: logits.subarray(0, 5 * 2048), indices: Int32Array.of(2047, 1025, 2048, -1, 100_000)};
    for (const fromOp of [false, true]) {
      const {losses} = await page.run('lossesByIndex', {...few, fromOp});
      const exact = [2047, 1025].map(
        (label, row) => -reference.logSoftmax(logits.subarray(row * 2048, (row + 1) * 2048))[label]!,
      );
      expect(worst(losses.subarray(0, 2), exact, (a, e) => Math.abs(a - e) / e).error).toBeLessThan(2 ** -9);
      expect(Array.from(losses.subarray(2))).toEqual([NaN, NaN, NaN]);
    }
  });
});

function toHalf(value: number): number {
  const step = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -14) - 10);
  return Math.round(value / step) * step;
}
