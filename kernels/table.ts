/**
 * The family: every op that people call, as the record in its file says it. Whatever is to be done for all ops reads this
 * table: registering kernels and gradients, ranking backends, fuzzing, running ops by name.
 *
 * Not linearCrossEntropy: it is of no logits, and has no kernel of its own.
 *
 * What each gives, in float64, is in reference_table.ts under the same names: pages that only compute do without.
 */
import {categoricalOp} from './categorical';
import {softmaxCrossEntropyOp} from './cross_entropy';
import {CROSS_ENTROPY_KERNELS} from './cross_entropy_kernels';
import {ENTROPY_KERNELS, entropyOp} from './entropy';
import {gumbelSoftmaxOp} from './gumbel_softmax';
import {logSoftmaxJacobianOp, softmaxJacobianOp} from './jacobian';
import {LOG_SOFTMAX_KERNELS, logSoftmaxOp} from './log_softmax';
import {LOG_SUM_EXP_KERNELS, logSumExpOp} from './log_sum_exp';
import type {ForwardOp, Kernel, ProductOp} from './op';
import {PRIMITIVES} from './primitives';
import {logSoftmaxJvpOp, logSoftmaxVjpOp, PRODUCT_KERNELS, softmaxJvpOp, softmaxVjpOp} from './products';
import {SOFTMAX_KERNELS, softmaxOp, softminOp} from './softmax';
import {softmaxInverseOp} from './softmax_inverse';

export type ForwardName = 'softmax' | 'softmin' | 'logSoftmax' | 'logSumExp';

/** Each row is reduced to its maximum and a sum of exponentials, and mapped. */
export const FORWARD: Record<ForwardName, ForwardOp> = {
  softmax: softmaxOp,
  softmin: softminOp,
  logSoftmax: logSoftmaxOp,
  logSumExp: logSumExpOp,
};

export type ProductName = 'softmaxJvp' | 'softmaxVjp' | 'logSoftmaxJvp' | 'logSoftmaxVjp';

/** Jacobians times a vector: each row is reduced to one sum, and mapped. */
export const PRODUCTS: Record<ProductName, ProductOp> = {
  softmaxJvp: softmaxJvpOp,
  softmaxVjp: softmaxVjpOp,
  logSoftmaxJvp: logSoftmaxJvpOp,
  logSoftmaxVjp: logSoftmaxVjpOp,
};

export const OPS = {
  ...FORWARD,
  ...PRODUCTS,
  softmaxCrossEntropy: softmaxCrossEntropyOp,
  softmaxJacobian: softmaxJacobianOp,
  logSoftmaxJacobian: logSoftmaxJacobianOp,
  softmaxInverse: softmaxInverseOp,
  entropy: entropyOp,
  categorical: categoricalOp,
  gumbelSoftmax: gumbelSoftmaxOp,
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
  ...SOFTMAX_KERNELS,
  ...LOG_SOFTMAX_KERNELS,
  ...LOG_SUM_EXP_KERNELS,
  ...PRODUCT_KERNELS,
  ...CROSS_ENTROPY_KERNELS,
  ...ENTROPY_KERNELS,
  ...PRIMITIVES,
];
