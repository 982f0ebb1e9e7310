import {
  forwardOnArrays,
  lossGradientOnArrays,
  lossOnArrays,
  productOnArrays,
} from '../../../../backends/engines/array_kernels';
import {maskRuns} from '../../../../backends/engines/mask_runs';
import type {Rows} from '../../../../backends/engines/types';
import {
  LARGEST_MEMORY_BYTES,
  resetStaging,
  stagedBytes,
  stagingFailure,
} from '../../../../backends/engines/wasm/staging';
import {
  alongAxis,
  crossEntropy,
  crossEntropyGradient,
  logSoftmaxVjp,
  logSumExp,
  masked,
  softmax,
  softmaxProduct,
} from '../../../../kernels/reference';
import {Random} from '../../../cases/random';
import {kernelsRun} from '../../../hosts/wasm_kernels';
import {ulpError, ulpErrorAboveOne, worst} from '../../../ulp';

beforeEach(() => {
  resetStaging();
  kernelsRun();
});

function normal({outer, n, inner}: Rows, seed = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({length: outer * n * inner}, () => random.normal(3));
}

test('is there in this process', () => {
  expect(stagingFailure()).toBeNull();
});

test.each<[string, Rows]>([
  ['one chunk', {outer: 3, n: 100, inner: 1}],
  ['several, the last one smaller', {outer: 500, n: 301, inner: 1}],
  ['several of strided rows', {outer: 70, n: 20, inner: 150}],
  ['one block larger than a chunk', {outer: 2, n: 200_000, inner: 1}],
])('tensors pass through in chunks of whole rows: %s', (_name, rows) => {
  const {outer, n, inner} = rows;
  const shape = [outer, n, inner];
  const x = normal(rows);
  const y = new Float32Array(x.length);
  forwardOnArrays('softmax', x, y, rows, 1, null, null);
  expect(kernelsRun()).toContainEqual(expect.stringMatching(/^softmax/));
  expect(worst(y, alongAxis(shape, 1, [x], softmax), ulpError).error).toBeLessThanOrEqual(4);

  const sums = new Float32Array(outer * inner);
  forwardOnArrays('logSumExp', x, sums, rows, 1, null, null);
  const exactSums = alongAxis(shape, 1, [x], (row) => [logSumExp(row)]);
  expect(worst(sums, exactSums, ulpErrorAboveOne).error).toBeLessThanOrEqual(1);

  const v = normal(rows, 2);
  const product = new Float32Array(x.length);
  productOnArrays('logSoftmaxVjp', y, v, product, rows, 1);
  expect(kernelsRun()).toContainEqual(expect.stringMatching(/^logSoftmaxVjp/));
  const exact = alongAxis(shape, 1, [y, v], logSoftmaxVjp);
  const size = alongAxis(shape, 1, [y, v], (p, w) => {
    const total = w.reduce((sum, wi) => sum + Math.abs(wi), 0);
    return w.map((wi, i) => Math.abs(wi) + p[i]! * total);
  });
  const unit = 2 ** -24;
  expect(worst(product, exact, (a, e, i) => Math.abs(a - e) / (size[i]! * unit)).error).toBeLessThanOrEqual(4);
});

test.each<[string, Rows]>([
  ['one chunk', {outer: 3, n: 100, inner: 1}],
  ['several, the last one smaller', {outer: 260, n: 301, inner: 1}],
  ['several of strided rows', {outer: 46, n: 20, inner: 75}],
])('so do masks and losses: %s', (_name, rows) => {
  const {outer, n, inner} = rows;
  const shape = [outer, n, inner];
  const x = normal(rows);
  const random = new Random(3);

  // A run of three of the outer dimension has masks of its own: a chunk ends within one.
  const repeats = outer % 3 === 0 ? 3 : 2;
  const flags = Uint8Array.from({length: (outer / repeats) * n}, () => Number(random.uniform() < 0.7));
  const mask = maskRuns([outer / repeats, 1, n, 1], [outer / repeats, repeats, n, inner], 2);
  const keep = Float64Array.from(x, (_, k) => {
    return flags[Math.floor(k / (n * inner * repeats)) * n + (Math.floor(k / inner) % n)]!;
  });
  const y = new Float32Array(x.length);
  forwardOnArrays('softmax', x, y, rows, 1, mask, flags);
  expect(kernelsRun()).toContainEqual(expect.stringMatching(/^softmax(Masked|Gathered)Rows/));
  expect(worst(y, alongAxis(shape, 1, [x, keep], masked.softmax), ulpError).error).toBeLessThanOrEqual(4);

  const labels = Float32Array.from(x, () => random.uniform());
  const perRow = alongAxis(shape, 1, [x, labels], (r, q) => [crossEntropy(r, q)]);
  const slopes = alongAxis(shape, 1, [x, labels], crossEntropyGradient);
  const sums = alongAxis(shape, 1, [labels], (q) => new Array(n).fill(q.reduce((a, b) => a + b)));
  for (const total of [null, 0.5]) {
    const loss = {rows, sparse: false, smoothing: 0, total};
    const losses = new Float32Array(total === null ? outer * inner : 1);
    lossOnArrays(x, labels, losses, loss);
    expect(kernelsRun()).toContainEqual(expect.stringMatching(/^crossEntropy/));
    const exact = total === null ? perRow : [perRow.reduce((a, b) => a + b) * total];
    expect(worst(losses, exact, ulpError).error).toBeLessThanOrEqual(4);

    const cotangents = Float32Array.from(losses, () => random.normal(1));
    const gradient = new Float32Array(x.length);
    lossGradientOnArrays(x, labels, cotangents, gradient, loss);
    expect(kernelsRun()).toContainEqual(expect.stringMatching(/^crossEntropyGradient/));
    const wrong = worst(gradient, slopes, (a, e, k) => {
      const c =
        total === null ? cotangents[Math.floor(k / (n * inner)) * inner + (k % inner)]! : total * cotangents[0]!;
      return Math.abs(a - c * e) / (Math.abs(c) * (sums[k]! + 1));
    });
    expect(wrong.error).toBeLessThan(1e-6);
  }
});

test('many calls do not grow the memory, and large tensors do not need more', () => {
  const small = {outer: 8, n: 1000, inner: 1};
  const large = {outer: 1500, n: 1000, inner: 1};
  const run = (rows: Rows) =>
    forwardOnArrays('softmax', normal(rows), new Float32Array(rows.outer * rows.n), rows, 1, null, null);
  run(small);
  const before = stagedBytes();
  expect(before).toBeGreaterThan(0);
  for (let i = 0; i < 20; i++) run(small);
  run(large);
  expect(stagedBytes()).toBe(before);
});

test('a row that the bound has no room for is left to plain TypeScript', () => {
  const rows = {outer: 1, n: LARGEST_MEMORY_BYTES / 8 + 1, inner: 1};
  const x = new Float32Array(rows.n);
  x[7] = 20;
  const y = new Float32Array(rows.n);
  forwardOnArrays('softmax', x, y, rows, 1, null, null);
  expect(kernelsRun()).toEqual([]);
  const others = (rows.n - 1) * Math.exp(-20);
  expect(y[7]).toBeCloseTo(1 / (1 + others), 6);
  expect(stagedBytes()).toBeLessThanOrEqual(LARGEST_MEMORY_BYTES);
});

test('rows of masks and losses that the bound has no room for, likewise', () => {
  const rows = {outer: 1, n: LARGEST_MEMORY_BYTES / 8 + 1, inner: 1};
  const x = new Float32Array(rows.n);
  const y = new Float32Array(rows.n);
  const [labels, one] = [Int32Array.of(7), Float32Array.of(1)];
  const loss = {rows, sparse: true, smoothing: 0, total: null};
  const exact = Math.log(rows.n);
  y.fill(1);
  forwardOnArrays('softmax', x, y, rows, 1, maskRuns([], [rows.n], 0), Uint8Array.of(0));
  expect(kernelsRun()).toEqual([]);
  expect(y[3]).toBe(0);
  lossGradientOnArrays(x, labels, one, y, loss);
  expect(kernelsRun()).toEqual([]);
  expect(y[3]).toBeCloseTo(1 / rows.n, 9);
  lossOnArrays(x, labels, y, loss);
  expect(y[0]).toBeCloseTo(exact, 5);
});

test('without WebAssembly plain TypeScript runs', () => {
  const {WebAssembly: original} = globalThis;
  try {
    // @ts-expect-error: a host without it
    globalThis.WebAssembly = undefined;
    expect(stagingFailure()).not.toBeNull();
    const y = new Float32Array(2);
    forwardOnArrays('softmax', Float32Array.of(0, Math.log(3)), y, {outer: 1, n: 2, inner: 1}, 1, null, null);
    expect(y[1]).toBeCloseTo(0.75, 6);
    expect(kernelsRun()).toEqual([]);
  } finally {
    globalThis.WebAssembly = original;
  }
});

test('where the system has no more memory, plain TypeScript runs', () => {
  const rows = {outer: 1, n: 2 ** 20, inner: 1};
  const [x, y] = [normal(rows), new Float32Array(rows.n)];
  const grow = jest.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
    throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
  });
  try {
    const gradient = new Float32Array(rows.n);
    const [labels, one] = [Int32Array.of(7), Float32Array.of(1)];
    const loss = {rows, sparse: true, smoothing: 0, total: null};
    const calls: [() => void, Float32Array, Float64Array][] = [
      [() => forwardOnArrays('softmax', x, y, rows, 1, null, null), y, softmax(x)],
      [() => forwardOnArrays('softmax', x, y, rows, 1, maskRuns([], [rows.n], 0), Uint8Array.of(1)), y, softmax(x)],
      [() => productOnArrays('softmaxProduct', x, x, y, rows, 1), y, softmaxProduct(x, x)],
      [() => lossOnArrays(x, labels, y.subarray(0, 1), loss), y.subarray(0, 1), Float64Array.of(logSumExp(x) - x[7]!)],
      [
        () => lossGradientOnArrays(x, labels, one, gradient, loss),
        gradient,
        softmax(x).map((p, i) => p - Number(i === 7)),
      ],
    ];
    for (const [run, out, exact] of calls) {
      run();
      expect(worst(out, exact, ulpError).error).toBeLessThanOrEqual(2);
    }
    expect(grow).toHaveBeenCalledTimes(calls.length);
    expect(kernelsRun()).toEqual([]);
  } finally {
    grow.mockRestore();
  }
});
