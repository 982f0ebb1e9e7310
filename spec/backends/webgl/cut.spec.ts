import * as reference from '../../../kernels/reference';
import {masked} from '../../cases/masks';
import {Random} from '../../cases/random';
import {type BrowserHost, inBrowser} from '../../hosts/in_browser';
import {ulpError, ulpErrorAboveOne, worst} from '../../ulp';

/**
 * However reductions are cut and however inputs lie, results are right: here in the pairs that webgl.spec.ts does not run,
 * and in both for rows that take one, two and three draws.
 */
describe.each([
  ['packed, cut as for SwiftShader', {}, false],
  ['unpacked, cut as for hardware', {WEBGL_PACK: false}, true],
  ['packed, cut as for hardware', {}, true],
])('inputs uploaded %s', (_, environment, cutAsForHardware) => {
  let host: BrowserHost;
  beforeAll(async () => {
    host = await inBrowser('webgl', {environment, cutAsForHardware});
  });
  afterAll(() => host.close());

  const CASES: [shape: number[], axis: number][] = [
    [[5, 128], 1],
    [[7, 129], 1],
    [[6, 1001], 1],
    [[3, 5000], 1],
    [[1, 50_257], 1],
    [[129, 6], 0],
    [[4, 130, 6], 1],
    [[3, 300, 7], 0],
    [[2, 70, 3, 5], 1],
    [[2, 3, 2100], 2],
  ];

  test.each(CASES)('%p along %i', async (shape, axis) => {
    const size = shape.reduce((a, b) => a * b);
    const random = new Random(size);
    const logits = Float32Array.from({length: size}, () => random.normal(3));
    const vector = Float32Array.from({length: size}, () => random.normal(1));
    const along = (f: (x: reference.Row, v: reference.Row) => reference.Row) =>
      reference.alongAxis(shape, axis, [logits, vector], f);
    const call = {shape, axis, logits};

    const softmax = await host.run({op: 'softmax', ...call});
    expect(worst(softmax.values, along(reference.softmax), ulpError).error).toBeLessThanOrEqual(6);
    const logSoftmax = await host.run({op: 'logSoftmax', ...call});
    expect(worst(logSoftmax.values, along(reference.logSoftmax), ulpError).error).toBeLessThanOrEqual(5);
    const sums = await host.run({op: 'logSumExp', ...call});
    expect(
      worst(
        sums.values,
        along((x) => [reference.logSumExp(x)]),
        ulpErrorAboveOne,
      ).error,
    ).toBeLessThanOrEqual(2);

    const products = [
      ['softmaxVjp', reference.softmaxProduct, (y: number, v: number, yv: number) => y * (Math.abs(v) + yv)],
      ['logSoftmaxJvp', reference.logSoftmaxJvp, (_y: number, v: number, yv: number) => Math.abs(v) + yv],
      [
        'logSoftmaxVjp',
        reference.logSoftmaxVjp,
        (y: number, v: number, _yv: number, vs: number) => Math.abs(v) + y * vs,
      ],
    ] as const;
    for (const [op, product, unitOf] of products) {
      const exact = along((x, v) => product(reference.softmax(x), v));
      const unit = along((x, v) => {
        const y = reference.softmax(x);
        const yv = y.reduce((sum, yi, i) => sum + yi * Math.abs(v[i]!), 0);
        const vs = Array.from(v).reduce((sum, vi) => sum + Math.abs(vi), 0);
        return y.map((yi, i) => unitOf(yi, v[i]!, yv, vs));
      });
      const {values} = await host.run({op, ...call, vector});
      const error = (a: number, e: number, i: number) => Math.abs(a - e) / (unit[i]! * 2 ** -24 + 1e-30);
      expect(worst(values, exact, error).error).toBeLessThanOrEqual(8);
    }
  });

  test('a row that takes three reductions however they are cut', async () => {
    const [n, random] = [270_001, new Random(6)];
    const logits = Float32Array.from({length: n}, () => random.normal(3));
    const {values} = await host.run({op: 'softmax', shape: [1, n], logits});
    expect(worst(values, reference.softmax(logits), ulpError).error).toBeLessThanOrEqual(6);
  });

  test.each(CASES.slice(0, -1))('losses of %p along %i', async (shape, axis) => {
    const size = shape.reduce((a, b) => a * b);
    const [n, random] = [shape[axis]!, new Random(size + 1)];
    const logits = Float32Array.from({length: size}, () => random.normal(3));
    const q = Float32Array.from({length: size}, () => random.uniform() / n);
    const rows = shape.filter((_, i) => i !== axis);
    const classes = Int32Array.from({length: size / n}, () => random.integer(0, n - 1));
    for (const [labels, smoothing] of [
      [{shape, values: q}, 0],
      [{shape: rows, values: classes}, 0],
      [{shape: rows, values: classes}, 0.1],
    ] as const) {
      const sparse = labels.values instanceof Int32Array;
      let row = 0;
      const smoothed = reference.alongAxis(shape, axis, [q], (given) => {
        const label = sparse ? classes[row++]! : -1;
        const plain = sparse ? new Float64Array(n).map((_, i) => Number(i === label)) : given;
        return Float64Array.from(plain, (l) => (1 - smoothing) * l + smoothing / n);
      });
      const along = (f: (x: reference.Row, l: reference.Row) => reference.Row) =>
        reference.alongAxis(shape, axis, [logits, smoothed], f);
      const call = {shape, axis, logits, labels, smoothing};
      const losses = await host.run({op: 'crossEntropy', ...call});
      const exact = along((x, l) => [reference.crossEntropy(x, l)]);
      expect(worst(losses.values, exact, ulpError).error).toBeLessThanOrEqual(7);
      const gradient = await host.run({op: 'gradCrossEntropy', ...call, vector: Float32Array.from(exact, () => 1)});
      const exactGradient = along(reference.crossEntropyGradient);
      const unit = along((x, l) => {
        const total = Array.from(l).reduce((a, b) => a + b, 0);
        return reference.softmax(x).map((y, i) => y * total + Math.abs(l[i]!));
      });
      const error = (a: number, e: number, i: number) => Math.abs(a - e) / (unit[i]! * 2 ** -24 + 1e-30);
      expect(worst(gradient.values, exactGradient, error).error).toBeLessThanOrEqual(8);
    }
  });

  test.each([
    [[6, 1001], [6, 1001], 1, 1],
    [[6, 1001], [1001], 1, 0.3],
    [[4, 130, 6], [4, 130, 1], 1, -2],
    [[3, 5000], [5000], 1, 1],
    [[300, 7], [300, 1], 0, 1],
  ])('masked: %p by %p along %i, scale %p', async (shape, maskShape, axis, scale) => {
    const {values, mask, keep} = masked('', shape, maskShape, axis, (_, r) => r.uniform() < 0.6, scale);
    const scaled = Float64Array.from(values, (x) => x * scale);
    for (const [op, bound] of [
      ['softmax', 6],
      ['logSoftmax', 5],
    ] as const) {
      const outcome = await host.run({op, shape, axis, scale, logits: values, mask});
      const exact = reference.alongAxis(shape, axis, [scaled, keep], reference.masked[op]);
      expect(worst(outcome.values, exact, ulpError).error).toBeLessThanOrEqual(bound);
    }
  });

  test.each([1, 2.3, 0.8])('rows of terms that are alike still sum to 1: a maximum %f above them', async (above) => {
    for (const n of [128, 1000, 4000, 50257]) {
      for (const offset of [0, 0.31, -0.17]) {
        const logits = new Float32Array(n).fill(offset);
        logits[17] = offset + Math.log(above);
        const {values} = await host.run({op: 'softmax', shape: [1, n], logits});
        const sum = new Float64Array(values).reduce((a, b) => a + b, 0);
        // Four for the sum; each element's own rounding, which is the same for all of them, is the fifth.
        expect(Math.abs(sum - 1)).toBeLessThanOrEqual(5 * 2 ** -24);
      }
    }
  });
});
