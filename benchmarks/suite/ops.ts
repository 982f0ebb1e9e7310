import * as reference from '../../kernels/reference';
import {ulp, ulpError, ulpErrorAboveOne} from '../../spec/ulp';

export const OP_NAMES = ['softmax', 'logSoftmax', 'logSumExp', 'gradSoftmax', 'gradLogSoftmax'] as const;
export type OpName = (typeof OP_NAMES)[number];

/** What an op of the suite has to give and what it costs at best; x are logits [rows, n], v a vector of that shape. */
export interface Op {
  /** For people. */
  formula: string;
  /** What one row gives, in float64. */
  exact: (x: Float64Array, v: Float64Array) => Float64Array;
  /** The size of the numbers whose sums and differences a row of the result is; errors are judged by it. */
  scale: (exact: Float64Array, x: Float64Array, v: Float64Array) => number;
  /** The error of one number of the result in ULP: of that number, or of the scale where results cancel. */
  error: (actual: number, exact: number, scale: number) => number;
  /** Floats that every implementation has to read and write, per element of x, and per row. */
  ideal: {perElement: number; perRow: number};
}

export const OPS: Record<OpName, Op> = {
  softmax: {
    formula: 'e^x / Σ e^x',
    exact: reference.softmax,
    scale: largest,
    error: ulpError,
    ideal: {perElement: 2, perRow: 0},
  },
  logSoftmax: {
    formula: 'x - log Σ e^x',
    exact: reference.logSoftmax,
    scale: largest,
    error: ulpError,
    ideal: {perElement: 2, perRow: 0},
  },
  logSumExp: {
    formula: 'log Σ e^x',
    exact: (x) => Float64Array.of(reference.logSumExp(x)),
    scale: (exact) => Math.max(largest(exact), 1),
    error: ulpErrorAboveOne,
    ideal: {perElement: 1, perRow: 1},
  },
  gradSoftmax: {
    formula: 'forward, then y(v - Σ y·v)',
    exact: (x, v) => reference.softmaxProduct(reference.softmax(x), v),
    scale: (_, x, v) => {
      const y = reference.softmax(x);
      const terms = y.map((yi, i) => Math.abs(yi * v[i]!));
      return largest(terms) + largest(y) * sum(terms);
    },
    error: ulpOfScale,
    ideal: {perElement: 3, perRow: 0},
  },
  gradLogSoftmax: {
    formula: 'forward, then v - y Σ v',
    exact: (x, v) => reference.logSoftmaxVjp(reference.softmax(x), v),
    scale: (_, x, v) => largest(v) + largest(reference.softmax(x)) * sum(v.map(Math.abs)),
    error: ulpOfScale,
    ideal: {perElement: 3, perRow: 0},
  },
};

function ulpOfScale(actual: number, exact: number, scale: number): number {
  return Math.abs(actual - exact) / ulp(scale);
}

/** Of the finite ones: a mask's infinities have no size. */
function largest(values: Float64Array): number {
  return values.reduce((max, value) => (Math.abs(value) < Infinity ? Math.max(max, Math.abs(value)) : max), 0);
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
