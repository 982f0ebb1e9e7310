import {grad, type Tensor} from '@tensorflow/tfjs-core';
import {logSoftmax} from '../../kernels/log_softmax';
import {logSumExp} from '../../kernels/log_sum_exp';
import {logSoftmaxJvp, logSoftmaxVjp, softmaxJvp, softmaxVjp} from '../../kernels/products';
import * as reference from '../../kernels/reference';
import {softmax, softmin} from '../../kernels/softmax';
import type {Op} from './op_names';

/** An op as the dispatcher runs and checks it: x are the logits, v a vector of their shape. */
interface OpDefinition {
  /** Whether it takes v. */
  vector: boolean;
  run(x: Tensor, v: Tensor, axis: number): Tensor;
  /** What one row gives, in float64. */
  exact(x: Float64Array, v: Float64Array): reference.Row;
  /** The size of what a row's result is the difference of, where that may be next to nothing beside it. */
  size?(x: Float64Array, v: Float64Array): number;
}

const OPS: Record<Op, OpDefinition> = {
  softmax: {
    vector: false,
    run: (x, _, axis) => softmax(x, axis),
    exact: (x) => reference.softmax(x),
  },
  softmin: {
    vector: false,
    run: (x, _, axis) => softmin(x, axis),
    exact: (x) => reference.softmax(x.map((value) => -value)),
  },
  logSoftmax: {
    vector: false,
    run: (x, _, axis) => logSoftmax(x, axis),
    exact: (x) => reference.logSoftmax(x),
  },
  logSumExp: {
    vector: false,
    run: (x, _, axis) => logSumExp(x, axis),
    exact: (x) => [reference.logSumExp(x)],
    size: () => 1, // a maximum and a logarithm
  },
  softmaxJvp: {
    vector: true,
    run: (x, v, axis) => softmaxJvp(x, v, axis),
    exact: (x, v) => reference.softmaxProduct(reference.softmax(x), v),
    size: sizeOfSoftmaxProduct,
  },
  softmaxVjp: {
    vector: true,
    run: (x, v, axis) => softmaxVjp(x, v, axis),
    exact: (x, v) => reference.softmaxProduct(reference.softmax(x), v),
    size: sizeOfSoftmaxProduct,
  },
  logSoftmaxJvp: {
    vector: true,
    run: (x, v, axis) => logSoftmaxJvp(x, v, axis),
    exact: (x, v) => reference.logSoftmaxJvp(reference.softmax(x), v),
    size: sizeOfLogSoftmaxProduct,
  },
  logSoftmaxVjp: {
    vector: true,
    run: (x, v, axis) => logSoftmaxVjp(x, v, axis),
    exact: (x, v) => reference.logSoftmaxVjp(reference.softmax(x), v),
    size: sizeOfLogSoftmaxProduct,
  },
  gradSoftmax: {
    vector: true,
    run: (x, v, axis) => grad((t) => softmax(t, axis))(x, v),
    exact: (x, v) => reference.softmaxProduct(reference.softmax(x), v),
    size: sizeOfSoftmaxProduct,
  },
  gradLogSoftmax: {
    vector: true,
    run: (x, v, axis) => grad((t) => logSoftmax(t, axis))(x, v),
    exact: (x, v) => reference.logSoftmaxVjp(reference.softmax(x), v),
    size: sizeOfLogSoftmaxProduct,
  },
  gradLogSumExp: {
    vector: false,
    run: (x, _, axis) => grad((t) => logSumExp(t, axis))(x),
    exact: (x) => reference.softmax(x),
  },
};

/** y v and y Σ y·v */
function sizeOfSoftmaxProduct(x: Float64Array, v: Float64Array): number {
  const y = reference.softmax(x);
  const dot = y.reduce((sum, p, i) => sum + p * Math.abs(v[i]!), 0);
  return y.reduce((most, p, i) => Math.max(most, p * (Math.abs(v[i]!) + dot)), 0);
}

/** v and Σ y·v, or y Σ v */
function sizeOfLogSoftmaxProduct(_: Float64Array, v: Float64Array): number {
  return v.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

export function definitionOf(op: Op): OpDefinition {
  return OPS[op];
}

/** Whether an op takes a vector beside the logits: data that have to be where it runs. */
export function takesVector(op: Op): boolean {
  return OPS[op].vector;
}
