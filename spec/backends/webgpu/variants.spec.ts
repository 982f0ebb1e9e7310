import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {selfCheck} from '../../../backends/dispatcher/self_check';
import type {Rows} from '../../../backends/engines/types';
import {pretendHardware} from '../../../backends/webgpu/hardware';
import {layOut, type Shape, type Variant} from '../../../backends/webgpu/plan';
import * as reference from '../../../kernels/reference';
import {Random} from '../../cases/random';
import {type Call, type LabelledCall, runCall} from '../../hosts/call';
import {inWebGPU, plantEachProgram} from '../../hosts/planted_programs';
import {NEVER_ON_THE_CPU, startWebGPU, uncapturedErrors, watchDispatches} from '../../hosts/webgpu';
import {ulpError, ulpErrorAboveOne, worst} from '../../ulp';

/** Every variant, with rows that it does not fit: vectors and workgroups that stick out, and parts that do. */
const CASES: [Variant, string, number, Shape][] = [
  ['shortRows', 'of one thread', 12, {vector: 4, rows: 64, threads: 1, held: 4}],
  ['shortRows', 'of eight threads', 27, {vector: 1, rows: 8, threads: 8, held: 4}],
  ['rowInRegisters', 'by vectors', 500, {vector: 4, rows: 1, threads: 64, held: 2}],
  ['longRows', 'by numbers, in stretches', 2100, {vector: 1, rows: 4, threads: 16, held: 0}],
  ['splitRows', 'by vectors', 1100, {vector: 4, rows: 1, threads: 32, held: 2, split: true}],
  ['stridedRows', 'in registers', 30, {vector: 1, rows: 16, threads: 4, held: 8}],
  ['stridedRows', 'walked along', 301, {vector: 1, rows: 8, threads: 8, held: 0}],
  ['splitStridedRows', 'in parts', 301, {vector: 1, rows: 4, threads: 8, held: 4, split: true}],
];

let backend: WebGPUBackend;
beforeAll(async () => {
  backend = await startWebGPU(NEVER_ON_THE_CPU);
});
afterEach(() => {
  expect(uncapturedErrors()).toEqual([]);
});

/** Rows each of which goes wrong in another way where parts or threads are merged wrongly. */
const ROWS: Record<string, (random: Random, j: number, n: number) => number> = {
  normal: (r) => r.normal(4),
  'ascending: each element is a new maximum': (_, j) => j * 0.7 - 100,
  'descending from beyond 208': (_, j) => 500 - j * 0.9,
  'from near to far': (r, j, n) => (j < n / 2 ? r.uniform(150, 207.9) : r.uniform(208, 260)),
  'far below, and a first half of -Infinity': (r, j, n) => (j < n / 2 ? Number.NEGATIVE_INFINITY : -1e4 + r.normal(3)),
  'a last half of -Infinity': (r, j, n) => (j < n / 2 ? r.normal(3) : Number.NEGATIVE_INFINITY),
  'confident at the last element': (r, j, n) => (j === n - 1 ? 40 : r.uniform(0, 1)),
  'two maxima far apart': (r, j, n) => (j === 0 || j === n - 1 ? 30 : r.uniform(-5, 5)),
  'all equal': () => -3.25,
  'of the least float': () => -3.4028234663852886e38,
  'NaN at the end': (r, j, n) => (j === n - 1 ? Number.NaN : r.normal(4)),
  'Infinity at the beginning': (r, j) => (j === 0 ? Number.POSITIVE_INFINITY : r.normal(4)),
  'nothing but -Infinity': () => Number.NEGATIVE_INFINITY,
};
const KINDS = Object.values(ROWS);
const COUNT = KINDS.length;

/** The rows along an axis: of [rows, n], or if they are strided, of [n, rows]. */
function tensorOf(n: number, strided: boolean, value: (j: number, row: number) => number): Float32Array {
  const values = new Float32Array(n * COUNT);
  for (let row = 0; row < COUNT; row++) {
    for (let j = 0; j < n; j++) values[strided ? j * COUNT + row : row * n + j] = value(j, row);
  }
  return values;
}

/** The programs that ran in the tests below. */
const ran = new Set<string>();

describe.each(CASES)('%s %s', (variant, _, n, shape) => {
  const strided = variant.toLowerCase().includes('strided');
  const split = variant.startsWith('split');
  const axis = strided ? 0 : 1;
  const tensorShape = strided ? [n, COUNT] : [COUNT, n];
  const random = new Random(n);
  const logits = tensorOf(n, strided, (j, row) => KINDS[row]!(random, j, n));
  const vector = tensorOf(n, strided, () => random.normal(2));
  const perRow = Float32Array.from({length: COUNT}, (_, i) => i - 3);

  beforeAll(() => {
    // The total of losses is of another row.
    const other: Shape = {vector: 1, rows: 1, threads: 16, held: 0};
    pretendHardware(backend, {choose: (rows) => (rows.n === n ? shape : other)});
    const rows = {outer: strided ? 1 : COUNT, n, inner: strided ? COUNT : 1};
    expect(layOut(rows, shape, {grid: 65535}).variant).toBe(variant);
  });

  /** Runs a call, and checks what has been dispatched: programs of this variant, once, or where rows are split twice. */
  async function run(
    call: Omit<Call, 'shape' | 'logits'> & Partial<LabelledCall>,
    kernels: string[],
  ): Promise<Float32Array> {
    const {dispatched, stop} = watchDispatches();
    const {values, leaked} = await runCall({axis, shape: tensorShape, logits, ...call} as Call).finally(stop);
    expect(leaked).toEqual({tensors: 0, buffers: 0});
    const code = `${strided ? 's' : 'c'}${shape.vector}_${shape.rows}x${shape.threads}_${shape.held}`;
    const stages = split ? ['part', 'merge'] : ['whole'];
    const ours = dispatched.filter((label) => kernels.some((kernel) => label.startsWith(kernel)));
    for (const label of ours) ran.add(label);
    expect(ours).toEqual(kernels.flatMap((kernel) => stages.map((stage) => `${kernel}_${stage}_${code}`)));
    return values;
  }

  const along = (tensors: ArrayLike<number>[], f: (...rows: Float64Array[]) => reference.Row) =>
    reference.alongAxis(tensorShape, axis, tensors, f as never);

  function expectWithin(actual: Float32Array, exact: ArrayLike<number>, bound: number, error = ulpError): void {
    const {error: found, at} = worst(actual, exact, error);
    if (!(found <= bound)) {
      throw new Error(`${found} at ${at}, in row ${Object.keys(ROWS)[strided ? at % COUNT : Math.floor(at / n)]}`);
    }
  }

  test('forward', async () => {
    expectWithin(await run({op: 'softmax'}, ['softmax']), along([logits], reference.softmax), 6);
    expectWithin(await run({op: 'logSoftmax'}, ['logSoftmax']), along([logits], reference.logSoftmax), 5);
    const sums = along([logits], (x) => [reference.logSumExp(x)]);
    expectWithin(await run({op: 'logSumExp'}, ['logSumExp']), sums, 2, ulpErrorAboveOne);
  });

  test('scaled', async () => {
    const scaled = Float64Array.from(logits, (x) => x * -0.3);
    expectWithin(await run({op: 'softmax', scale: -0.3}, ['softmax_scaled']), along([scaled], reference.softmax), 6);
    const logs = along([scaled], reference.logSoftmax);
    expectWithin(await run({op: 'logSoftmax', scale: -0.3}, ['logSoftmax_scaled']), logs, 5);
  });

  test('masked', async () => {
    const keep = Uint8Array.from(logits, (_, i) => Number(i % 3 > 0));
    const mask = {shape: tensorShape, values: keep};
    const runs = strided ? '01' : '10';
    expectWithin(
      await run({op: 'softmax', mask}, [`softmax_mask${runs}`]),
      along([logits, keep], reference.masked.softmax),
      6,
    );
    const logs = along([logits, keep], reference.masked.logSoftmax);
    expectWithin(await run({op: 'logSoftmax', mask}, [`logSoftmax_mask${runs}`]), logs, 5);
    const sums = along([logits, keep], (x, k) => [reference.masked.logSumExp(x, k)]);
    expectWithin(await run({op: 'logSumExp', mask}, [`logSumExp_mask${runs}`]), sums, 2, ulpErrorAboveOne);
  });

  test('products', async () => {
    for (const [op, kernels, scale, f] of [
      ['softmaxVjp', ['softmax', 'softmaxProduct'], 1, reference.softmaxProduct],
      ['logSoftmaxJvp', ['softmax', 'logSoftmaxJvp'], 1, reference.logSoftmaxJvp],
      ['logSoftmaxVjp', ['crossEntropyGradient_ofNumber'], 1, reference.logSoftmaxVjp],
      ['logSoftmaxVjp', ['softmax_scaled', 'logSoftmaxVjp'], -0.3, reference.logSoftmaxVjp],
    ] as const) {
      const exact = along([logits, vector], (x, v) =>
        Float64Array.from(f(reference.softmax(x.map((logit) => scale * logit)), v), (product) => scale * product),
      );
      // Relative to Σ|v| of the row, which is more than any term.
      const unit = along([vector], (v) => v.map(() => v.reduce((sum, w) => sum + Math.abs(w), 0)));
      const actual = await run({op, vector, scale}, [...kernels]);
      const {error} = worst(actual, exact, (a, e, i) =>
        Number.isNaN(e) ? (Number.isNaN(a) ? 0 : Infinity) : Math.abs(a - e) / unit[i]! / 2 ** -24,
      );
      expect(error).toBeLessThanOrEqual(8);
    }
  });

  describe.each([
    ['dense', 'crossEntropy', 0.1],
    ['sparse', 'sparseCrossEntropy', 0],
    ['smoothed sparse', 'sparseCrossEntropy', 0.2],
  ] as const)('cross-entropy, %s', (kind, kernel, smoothing) => {
    const classes = Int32Array.from({length: COUNT}, (_, row) => (row * 17) % n);
    const sparse = kind !== 'dense';
    const dense = tensorOf(n, strided, (j, row) => (sparse ? Number(j === classes[row]) : Math.abs(random.normal(1))));
    const labels = sparse ? {shape: [COUNT], values: classes} : {shape: tensorShape, values: dense};
    const smoothed = Float64Array.from(dense, (l) => l * (1 - smoothing) + smoothing / n);
    const suffix = sparse && smoothing > 0 ? '_smoothed' : '';

    test('losses', async () => {
      const actual = await run({op: 'crossEntropy', labels, smoothing}, [`${kernel}${suffix}`]);
      expectWithin(
        actual,
        along([logits, smoothed], (x, q) => [reference.crossEntropy(x, q)]),
        7,
      );
    });

    test('gradient', async () => {
      const call = {op: 'gradCrossEntropy', labels, smoothing, vector: perRow} as const;
      const actual = await run(call, [`${kernel}${suffix}`, `${kernel}${suffix}`, `${kernel}Gradient`]);
      const exact = along([logits, smoothed], reference.crossEntropyGradient);
      const size = along([smoothed], (q) => q.map(() => q.reduce((sum, w) => sum + w, 0)));
      const {error} = worst(actual, exact, (a, e, i) => {
        const g = perRow[strided ? i % COUNT : Math.floor(i / n)]!;
        if (g === 0) return Math.abs(a);
        if (Number.isNaN(e)) return Number.isNaN(a) ? 0 : Infinity;
        return Math.abs(a - g * e) / (Math.abs(g) * size[i]! * 2 ** -24);
      });
      expect(error).toBeLessThanOrEqual(12);
    });

    test('their mean', async () => {
      // Of the rows that have a loss.
      const finite = along([logits, smoothed], (x, q) => [reference.crossEntropy(x, q)]);
      const actual = await runCall({
        op: 'meanCrossEntropy',
        shape: tensorShape,
        axis,
        logits,
        labels,
        smoothing,
      } as LabelledCall);
      const mean = finite.reduce((sum, loss) => sum + loss, 0) / COUNT;
      expect(actual.values[0]).toEqual(Number.isNaN(mean) ? Number.NaN : expect.closeTo(mean));
    });
  });
});

/** Rows that the self-check tries on the shapes above, which are compiled already. */
function chosenForTrials({n, inner}: Rows): Shape {
  const [, short, whole, long, split, strided, walked, splitStrided] = CASES.map(([, , , shape]) => shape);
  if (inner > 1) return n <= 32 ? strided! : n <= 60 ? walked! : splitStrided!;
  return n <= 32 ? short! : n <= 60 ? whole! : n === 1100 ? split! : long!;
}

test('the self-check finds a fault in any program, of every op and layout above', async () => {
  pretendHardware(backend, {software: false, choose: chosenForTrials});
  const plant = inWebGPU(backend);
  // What it leaves in buffers is right in no later check.
  expect(await selfCheck('webgpu')).toMatchObject({problem: null, left: 0});
  for (const fault of ['zeros', 'nothing'] as const) {
    const {programs, wrong} = await plantEachProgram('webgpu', plant, fault);
    expect(wrong).toEqual([]);
    const op = (label: string) => label.replace(/_(whole|part|merge)_.*/, '').replace(/mask\d+/, 'mask');
    expect(programs.map(op)).toEqual(expect.arrayContaining([...ran].map(op)));
  }
});
