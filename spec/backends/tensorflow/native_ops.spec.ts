import * as reference from '../../../kernels/reference';
import {logSoftmaxVjp, softmaxProduct} from '../../../kernels/reference';
import {Random} from '../../cases/random';
import {TensorflowProcess} from '../../hosts/tensorflow';
import type {InstalledCall, InstalledResults} from '../../hosts/tensorflow_process';
import {describeWithTfjsNode} from '../../hosts/tfjs_node';

type Op = InstalledCall['op'];
type Row = Float64Array;

/** One row in float64: x, a cotangent (of rows that give one number, its first), and labels. */
const VALUE: Record<Op, (x: Row, q: Row) => ArrayLike<number>> = {
  softmax: reference.softmax,
  logSoftmax: reference.logSoftmax,
  logSumExp: (x) => [reference.logSumExp(x)],
  crossEntropy: (x, q) => [reference.crossEntropy(x, q)],
};
const GRADIENT: Record<Op, (x: Row, v: Row, q: Row) => Row> = {
  softmax: (x, v) => softmaxProduct(reference.softmax(x), v),
  logSoftmax: (x, v) => logSoftmaxVjp(reference.softmax(x), v),
  logSumExp: (x, v) => reference.softmax(x).map((y) => y * v[0]!),
  crossEntropy: (x, v, q) => Float64Array.from(reference.crossEntropyGradient(x, q), (g) => g * v[0]!),
};
const perRow = (op: Op) => op === 'logSumExp' || op === 'crossEntropy';

/** TensorFlow's ops of each, in order; those that reduce take their axes from tfjs. */
const OPS: Record<Op, {value: string[]; gradient: string[]}> = {
  softmax: {value: ['Softmax'], gradient: ['Mul', 'Sum', 'Sub', 'Mul']},
  logSoftmax: {value: ['LogSoftmax'], gradient: ['Exp', 'Sum', 'Mul', 'Sub']},
  logSumExp: {
    value: ['Max', 'ClipByValue', 'Sub', 'Exp', 'Sum', 'Log', 'AddV2'],
    gradient: ['Sub', 'Exp', 'Mul'],
  },
  crossEntropy: {
    value: ['LogSoftmax', 'MulNoNan', 'Sum', 'Neg'],
    gradient: ['Exp', 'Sum', 'Mul', 'Sub', 'MulNoNan'],
  },
};
const NAMES = new Set(Object.values(OPS).flatMap(({value, gradient}) => [...value, ...gradient]));

/** Rows of a call, and what they have to give. */
function exactly(op: Op, n: number, {logits, cotangents, direction, labels}: Omit<InstalledCall, 'shape'>) {
  const rows = logits.length / n;
  const [value, gradient, second, ofLabels] = [[], [], [], []] as number[][];
  for (let r = 0; r < rows; r++) {
    const row = (from: Float32Array) => Float64Array.from(from.subarray(r * n, (r + 1) * n));
    const [x, w, q] = [row(logits), row(direction), row(labels ?? logits)];
    const v = perRow(op) ? Float64Array.of(cotangents[r]!) : row(cotangents);
    value!.push(...Array.from(VALUE[op](x, q)));
    gradient!.push(...GRADIENT[op](x, v, q));
    const moved = (t: number) =>
      GRADIENT[op](
        x.map((xi, i) => xi + t * w[i]!),
        v,
        q,
      );
    const [up, down] = [moved(1e-4), moved(-1e-4)];
    second!.push(...up.map((u, i) => (u - down[i]!) / 2e-4));
    if (op === 'crossEntropy') ofLabels!.push(...reference.logSoftmax(x).map((log) => -log * v[0]!));
  }
  return {value: value!, gradient: gradient!, second: second!, ofLabels: ofLabels!};
}

/** The largest difference, relative to the largest number of its row. */
function error(actual: ArrayLike<number>, exact: number[], n: number): number {
  let most = 0;
  for (let start = 0; start < exact.length; start += n) {
    let [off, size] = [0, 0];
    for (let i = start; i < start + n; i++) {
      off = Math.max(off, Math.abs(actual[i]! - exact[i]!));
      size = Math.max(size, Math.abs(exact[i]!));
    }
    if (!(off / size <= most)) most = off / size;
  }
  return most;
}

describeWithTfjsNode('large tensors after install(), by the ops of TensorFlow', () => {
  let tensorflow: TensorflowProcess;
  beforeAll(async () => {
    tensorflow = await TensorflowProcess.start('by TensorFlow');
    // Two scalars are kept for good.
    const size = 132 * 2001;
    const [logits, direction] = [new Float32Array(size), new Float32Array(size)];
    const call = {op: 'logSumExp', shape: [132, 2001], logits, direction, cotangents: new Float32Array(132)} as const;
    expect((await tensorflow.call('installed', {...call, shape: [132, 2001]})).left).toEqual([2, 0, 2]);
  });
  afterAll(() => tensorflow.stop());

  async function expectRight(op: Op, shape: number[], n: number, axes?: number[]): Promise<InstalledResults> {
    const size = shape.reduce((a, b) => a * b);
    const random = new Random(n);
    const call: InstalledCall = {
      ...{op, shape, axes, logits: random.normals(size, 3), direction: random.normals(size, 1)},
      cotangents: random.normals(perRow(op) ? size / n : size, 1),
      labels: op === 'crossEntropy' ? Float32Array.from({length: size}, () => random.uniform(0, 2 / n)) : undefined,
    };
    const results = await tensorflow.call('installed', call);
    const exact = exactly(op, n, call);
    expect(error(results.value, exact.value, perRow(op) ? 1 : n)).toBeLessThanOrEqual(2e-6);
    expect(error(results.gradient, exact.gradient, n)).toBeLessThanOrEqual(4e-6);
    expect(error(results.second, exact.second, n)).toBeLessThanOrEqual(2e-5);
    if (results.ofLabels) expect(error(results.ofLabels, exact.ofLabels, n)).toBeLessThanOrEqual(2e-6);
    expect(results.left).toEqual([0, 0, 0]);
    return results;
  }

  test.each(['softmax', 'logSoftmax', 'logSumExp', 'crossEntropy'] as const)(
    '%s of more than 262,144 elements: value, gradient, second derivative; nothing is left',
    async (op) => {
      const {opsOfValue, opsOfGradient} = await expectRight(op, [132, 2001], 2001);
      expect(opsOfValue.filter((name) => NAMES.has(name))).toEqual(OPS[op].value);
      expect(opsOfGradient.filter((name) => NAMES.has(name))).toEqual([...OPS[op].value, ...OPS[op].gradient]);
    },
  );

  test.each(['softmax', 'logSoftmax', 'logSumExp', 'crossEntropy'] as const)(
    '%s of fewer elements runs here',
    async (op) => {
      const {opsOfValue, opsOfGradient} = await expectRight(op, [8, 2001], 2001);
      for (const name of ['Softmax', 'LogSoftmax', 'Exp', 'MulNoNan']) {
        expect([...opsOfValue, ...opsOfGradient]).not.toContain(name);
      }
    },
  );

  test('logSumExp along two axes at once', async () => {
    const {opsOfValue} = await expectRight('logSumExp', [66, 2, 2001], 4002, [1, 2]);
    expect(opsOfValue).toContain('ClipByValue');
  });

  test('special values are as everywhere', async () => {
    const n = 2001;
    const rows = 132;
    const logits = new Random(1).normals(rows * n, 3);
    const labels = new Float32Array(rows * n);
    for (let r = 0; r < rows; r++) labels[r * n + 1] = 1;
    logits[0] = -Infinity; // where the label is 0
    logits.fill(-Infinity, n, 2 * n);
    logits[2 * n] = Infinity;
    logits[3 * n + 5] = Number.NaN;
    const given = {shape: [rows, n], logits, labels, direction: new Float32Array(rows * n)};
    const call = (op: Op, cotangents: Float32Array) => tensorflow.call('installed', {op, ...given, cotangents});
    const ofRows = new Float32Array(rows).fill(1);
    const {value: lse} = await call('logSumExp', ofRows);
    expect(Array.from(lse.subarray(1, 4))).toEqual([-Infinity, Infinity, Number.NaN]);
    expect(lse[0]).toBeCloseTo(reference.logSumExp(logits.subarray(0, n)), 5);
    const {value: log} = await call('logSoftmax', new Float32Array(rows * n).fill(1));
    expect([log[0], log[n], log[2 * n], log[3 * n]]).toEqual([-Infinity, Number.NaN, Number.NaN, Number.NaN]);
    ofRows.fill(0, 1, 4); // a cotangent of 0 hides what is not finite
    const {value: loss, gradient} = await call('crossEntropy', ofRows);
    expect(loss[0]).toBeCloseTo(reference.logSumExp(logits.subarray(0, n)) - logits[1]!, 5);
    expect(Array.from(loss.subarray(1, 4))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(gradient[0]).toBe(0);
    expect(new Set(gradient.subarray(n, 4 * n))).toEqual(new Set([0]));
    expect(gradient.subarray(0, n).some((g) => Math.abs(g) > 0.01)).toBe(true);
  });
});
