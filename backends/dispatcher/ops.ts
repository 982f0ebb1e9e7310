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
  },
  softmaxJvp: {
    vector: true,
    run: (x, v, axis) => softmaxJvp(x, v, axis),
    exact: (x, v) => reference.softmaxProduct(reference.softmax(x), v),
  },
  softmaxVjp: {
    vector: true,
    run: (x, v, axis) => softmaxVjp(x, v, axis),
    exact: (x, v) => reference.softmaxProduct(reference.softmax(x), v),
  },
  logSoftmaxJvp: {
    vector: true,
    run: (x, v, axis) => logSoftmaxJvp(x, v, axis),
    exact: (x, v) => reference.logSoftmaxJvp(reference.softmax(x), v),
  },
  logSoftmaxVjp: {
    vector: true,
    run: (x, v, axis) => logSoftmaxVjp(x, v, axis),
    exact: (x, v) => reference.logSoftmaxVjp(reference.softmax(x), v),
  },
  gradSoftmax: {
    vector: true,
    run: (x, v, axis) => grad((t) => softmax(t, axis))(x, v),
    exact: (x, v) => reference.softmaxProduct(reference.softmax(x), v),
  },
  gradLogSoftmax: {
    vector: true,
    run: (x, v, axis) => grad((t) => logSoftmax(t, axis))(x, v),
    exact: (x, v) => reference.logSoftmaxVjp(reference.softmax(x), v),
  },
  gradLogSumExp: {
    vector: false,
    run: (x, _, axis) => grad((t) => logSumExp(t, axis))(x),
    exact: (x) => reference.softmax(x),
  },
};

export function definitionOf(op: Op): OpDefinition {
  return OPS[op];
}

/** Whether an op takes a vector beside the logits: data that have to be where it runs. */
export function takesVector(op: Op): boolean {
  return OPS[op].vector;
}
