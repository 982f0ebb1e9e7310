/**
 * What the ops of table.ts give on one row, in float64, and what their errors are measured by. Read by tests, by the
 * benchmark, and by the dispatcher, which checks results before it believes their times.
 */
import type {ProductKind} from '../backends/engines/types';
import {logSoftmax, logSoftmaxJvp, logSoftmaxVjp, logSumExp, type Row, softmax, softmaxProduct} from './reference';
import type {ForwardName, GradientName, ProductName} from './table';

export interface Reference {
  /** For people. */
  formula: string;
  /** Whether it takes a vector v beside the logits x, which are already multiplied by the scale. */
  takesVector: boolean;
  /** Whether it gives one number for each row; otherwise it gives one for each logit. */
  perRow: boolean;
  /** The row of the result. */
  value: (x: Row, v: Row) => Float64Array;
  /**
   * For each number of the result, the size of the terms of which it is a sum: rounding is relative to that, and what is left
   * after they cancel may be next to nothing beside it.
   */
  magnitude: (x: Row, v: Row) => Float64Array;
}

const absolute = (values: Row) => new Float64Array(values).map(Math.abs);
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
/** Σ y·|v| */
const meanSize = (y: Row, v: Row) => sum(absolute(v).map((size, i) => size * y[i]!));

/** The products, by the names of their kernels: not of logits but of probabilities y, and v. */
export const PRODUCTS_OF_PROBABILITIES: Record<ProductKind, Pick<Reference, 'formula' | 'value' | 'magnitude'>> = {
  softmaxProduct: {
    formula: 'y(v - Σ y·v)',
    value: softmaxProduct,
    magnitude: (y, v) => {
      const mean = meanSize(y, v);
      return absolute(v).map((size, i) => y[i]! * (size + mean));
    },
  },
  logSoftmaxJvp: {
    formula: 'v - Σ y·v',
    value: logSoftmaxJvp,
    magnitude: (y, v) => {
      const mean = meanSize(y, v);
      return absolute(v).map((size) => size + mean);
    },
  },
  logSoftmaxVjp: {
    formula: 'v - y Σ v',
    value: logSoftmaxVjp,
    magnitude: (y, v) => {
      const total = sum(absolute(v));
      return absolute(v).map((size, i) => size + y[i]! * total);
    },
  },
};

/** Every op of logits, or of logits and a vector, by its name; gradients for a cotangent v. */
export const REFERENCE: Record<ForwardName | ProductName | GradientName, Reference> = {
  softmax: forward('e^x / Σ e^x', softmax),
  softmin: forward('e^-x / Σ e^-x', (x) => softmax(new Float64Array(x).map((value) => -value))),
  logSoftmax: forward('x - log Σ e^x', logSoftmax),
  logSumExp: {
    ...forward('log Σ e^x', (x) => Float64Array.of(logSumExp(x))),
    perRow: true,
    // A maximum and a logarithm.
    magnitude: (x) => Float64Array.of(Math.max(Math.abs(logSumExp(x)), 1)),
  },
  softmaxJvp: product('softmaxProduct'),
  softmaxVjp: product('softmaxProduct'),
  logSoftmaxJvp: product('logSoftmaxJvp'),
  logSoftmaxVjp: product('logSoftmaxVjp'),
  gradSoftmax: gradient('softmaxProduct'),
  gradLogSoftmax: gradient('logSoftmaxVjp'),
  // For a cotangent of ones.
  gradLogSumExp: forward('forward, then e^x / Σ e^x', softmax),
};

function forward(formula: string, value: (x: Row) => Float64Array): Reference {
  return {formula, takesVector: false, perRow: false, value, magnitude: (x) => absolute(value(x))};
}

function product(kind: ProductKind): Reference {
  const {formula, value, magnitude} = PRODUCTS_OF_PROBABILITIES[kind];
  return {
    formula,
    takesVector: true,
    perRow: false,
    value: (x, v) => value(softmax(x), v),
    magnitude: (x, v) => magnitude(softmax(x), v),
  };
}

function gradient(kind: ProductKind): Reference {
  return {...product(kind), formula: `forward, then ${PRODUCTS_OF_PROBABILITIES[kind].formula}`};
}
