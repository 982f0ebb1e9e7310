import * as tf from '@tensorflow/tfjs-core';
import * as family from 'tfjs-softmax';
import * as reference from '../kernels/reference';

/** One op of the family beside what stock tfjs users call for it; x are logits [rows, n], v a vector of that shape. */
export interface Comparison {
  ours: (x: tf.Tensor, v: tf.Tensor) => tf.Tensor;
  stock: (x: tf.Tensor, v: tf.Tensor) => tf.Tensor;
  /** What one row gives, in float64. */
  exact: (x: Float64Array, v: Float64Array) => Float64Array;
}

export const COMPARISONS: Record<string, Comparison> = {
  softmax: {
    ours: (x) => family.softmax(x),
    stock: (x) => tf.softmax(x),
    exact: reference.softmax,
  },
  logSoftmax: {
    ours: (x) => family.logSoftmax(x),
    stock: (x) => tf.logSoftmax(x),
    exact: reference.logSoftmax,
  },
  logSumExp: {
    ours: (x) => family.logSumExp(x),
    stock: (x) => tf.logSumExp(x, -1),
    exact: (x) => Float64Array.of(reference.logSumExp(x)),
  },
  'grad softmax': {
    ours: (x, v) => tf.grad((t) => family.softmax(t))(x, v),
    stock: (x, v) => tf.grad((t) => tf.softmax(t))(x, v),
    exact: (x, v) => reference.softmaxProduct(reference.softmax(x), v),
  },
  'grad logSoftmax': {
    ours: (x, v) => tf.grad((t) => family.logSoftmax(t))(x, v),
    stock: (x, v) => tf.grad((t) => tf.logSoftmax(t))(x, v),
    exact: (x, v) => reference.logSoftmaxVjp(reference.softmax(x), v),
  },
};
