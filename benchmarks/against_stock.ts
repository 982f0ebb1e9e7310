import * as tf from '@tensorflow/tfjs-core';
import type {Timing} from '../backends/dispatcher/stopwatch';
import {Random} from '../spec/cases/random';
import {ulpError, worst} from '../spec/ulp';
import {COMPARISONS, type Comparison} from './comparisons';
import {interleave} from './interleave';

export interface Row {
  op: string;
  shape: [number, number];
  ours: Timing;
  stock: Timing;
  /** stock / ours, of the medians. */
  ratio: number;
  /** Worst error over the first rows, in ULP of the row's largest result. */
  errors: {ours: number; stock: number};
}

export interface Plan {
  shapes: [number, number][];
  ops: string[];
  /** Logits are uniform on (-range, range). */
  range: number;
  /** Seconds for each op and shape. */
  seconds: number;
}

/** Times the ops on the active backend beside stock, interleaved; results are compared with float64 before they count. */
export function* againstStock({shapes, ops, range, seconds}: Plan): Generator<Row> {
  for (const op of ops) {
    const comparison = COMPARISONS[op];
    if (!comparison) throw new Error(`no op ${op}; there are ${Object.keys(COMPARISONS).join(', ')}`);
    for (const shape of shapes) yield compare(op, comparison, shape, range, seconds);
  }
}

function compare(
  op: string,
  {ours, stock, exact}: Comparison,
  shape: [number, number],
  range: number,
  seconds: number,
): Row {
  const random = new Random(shape[0] + shape[1]);
  const tensor = (fill: () => number) => {
    const values = Float32Array.from({length: shape[0] * shape[1]}, fill);
    return {values, t: tf.tensor(values, shape)};
  };
  const x = tensor(() => random.uniform(-range, range));
  const v = tensor(() => random.normal());
  const errorOf = (f: Comparison['ours']) => {
    const result = tf.tidy(() => f(x.t, v.t));
    const error = errorInUlp(result.dataSync(), x.values, v.values, shape[1], exact);
    result.dispose();
    return error;
  };
  const errors = {ours: errorOf(ours), stock: errorOf(stock)};
  if (!(errors.ours < 64)) throw new Error(`${op} of ${shape}: wrong by ${errors.ours} ULP, so its time is not shown`);
  const call = (f: Comparison['ours']) => () => tf.tidy(() => f(x.t, v.t)).dispose();
  const times = interleave(
    [
      {name: 'ours', run: call(ours)},
      {name: 'stock', run: call(stock)},
    ],
    seconds,
  );
  tf.dispose([x.t, v.t]);
  const [mine, theirs] = [times.get('ours')!, times.get('stock')!];
  return {op, shape, ours: mine, stock: theirs, ratio: theirs.median / mine.median, errors};
}

/** Judged on the first rows, and in ULP of the row's largest number: gradients cancel. */
function errorInUlp(
  result: ArrayLike<number>,
  x: Float32Array,
  v: Float32Array,
  n: number,
  exact: Comparison['exact'],
): number {
  const count = Math.min(4, x.length / n);
  let error = 0;
  for (let row = 0; row < count; row++) {
    const part = (values: Float32Array) => Float64Array.from(values.subarray(row * n, (row + 1) * n));
    const expected = exact(part(x), part(v));
    const actual = Array.from(expected, (_, i) => result[row * expected.length + i]!);
    const largest = expected.reduce((max, e) => Math.max(max, Math.abs(e)), 0);
    const judge = (a: number, e: number) => ulpError(largest + (a - e), largest);
    error = Math.max(error, worst(actual, expected, judge).error);
  }
  return error;
}
