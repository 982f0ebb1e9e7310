/** The ops that a workload may name: those of the table of ops that take logits, or logits and a vector. */
import {FORWARD, type ForwardName, GRADIENTS, type GradientName, PRODUCTS, type ProductName} from '../../kernels/table';

/**
 * The name of an op in a workload: `softmax`, `softmin`, `logSoftmax`, `logSumExp`; the Jacobian products `softmaxJvp`,
 * `softmaxVjp`, `logSoftmaxJvp`, `logSoftmaxVjp`; and `gradSoftmax`, `gradLogSoftmax`, `gradLogSumExp`, which are a forward
 * and a backward pass each.
 */
export type Op = ForwardName | ProductName | GradientName;

/** `gradSoftmax` and so on are a forward and a backward pass by tf.grad. */
export const OP_NAMES = [FORWARD, PRODUCTS, GRADIENTS].flatMap(Object.keys) as Op[];
