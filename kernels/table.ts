/**
 * What is registered and ranked for the whole family. The ops that people call are in the files of their names; specs have a table
 * of them all.
 *
 * What the ops here give, in float64, is in reference_table.ts under the same names: pages that only compute do without.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import {CROSS_ENTROPY_KERNELS} from './cross_entropy_kernels';
import {entropyOp} from './entropy';
import {logSoftmax, logSoftmaxOp} from './log_softmax';
import {logSumExp, logSumExpOp} from './log_sum_exp';
import type {Kernel} from './op';
import {PRIMITIVES} from './primitives';
import {logSoftmaxJvp, logSoftmaxVjp, PRODUCT_KERNELS, softmaxJvp, softmaxVjp} from './products';
import {softmax, softmaxOp, softmin} from './softmax';

export type ForwardName = 'softmax' | 'softmin' | 'logSoftmax' | 'logSumExp';

/** Each row is reduced to its maximum and a sum of exponentials, and mapped. */
export const FORWARD: Record<ForwardName, {run: (logits: Tensor, axis: number) => Tensor}> = {
  softmax: {run: softmax},
  softmin: {run: softmin},
  logSoftmax: {run: logSoftmax},
  logSumExp: {run: logSumExp},
};

export type ProductName = 'softmaxJvp' | 'softmaxVjp' | 'logSoftmaxJvp' | 'logSoftmaxVjp';

/** Jacobians times a vector: each row is reduced to one sum, and mapped. */
export const PRODUCTS: Record<ProductName, {run: (logits: Tensor, vector: Tensor, axis: number) => Tensor}> = {
  softmaxJvp: {run: softmaxJvp},
  softmaxVjp: {run: softmaxVjp},
  logSoftmaxJvp: {run: logSoftmaxJvp},
  logSoftmaxVjp: {run: logSoftmaxVjp},
};

export type GradientName = 'gradSoftmax' | 'gradLogSoftmax' | 'gradLogSumExp';

/** What a program does with a forward op in training, where ops are run by name: its gradient by `tf.grad`. */
export const GRADIENTS: Record<GradientName, ForwardName> = {
  gradSoftmax: 'softmax',
  gradLogSoftmax: 'logSoftmax',
  gradLogSumExp: 'logSumExp',
};

/** The kernels of all ops, and those that their derivatives are made of. */
export const KERNELS: readonly Kernel[] = [
  ...[softmaxOp, logSoftmaxOp, logSumExpOp, entropyOp].flatMap(({kernels}) => kernels),
  ...PRODUCT_KERNELS,
  ...CROSS_ENTROPY_KERNELS,
  ...PRIMITIVES,
];
