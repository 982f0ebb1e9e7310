/** The ops that a workload may name: those of the table of ops that take logits, or logits and a vector. */
import {grad, type Tensor} from '@tensorflow/tfjs-core';
import {FORWARD, type ForwardName, GRADIENTS, type GradientName, PRODUCTS, type ProductName} from '../../kernels/table';

/**
 * The name of an op in a workload: `softmax`, `softmin`, `logSoftmax`, `logSumExp`; the Jacobian products `softmaxJvp`,
 * `softmaxVjp`, `logSoftmaxJvp`, `logSoftmaxVjp`; and `gradSoftmax`, `gradLogSoftmax`, `gradLogSumExp`, which are a forward
 * and a backward pass each.
 */
export type Op = ForwardName | ProductName | GradientName;

/** `gradSoftmax` and so on are a forward and a backward pass by tf.grad. */
export const OP_NAMES = [FORWARD, PRODUCTS, GRADIENTS].flatMap(Object.keys) as Op[];

/** What runs an op: x are the logits, v a vector of their shape for those that take one. */
export function runnerOf(op: Op): (x: Tensor, v: Tensor | undefined, axis: number) => Tensor {
  const differentiated = GRADIENTS[op as GradientName];
  if (differentiated) {
    const {run} = FORWARD[differentiated];
    return (x, v, axis) => grad((t) => run(t, axis))(x, v);
  }
  const product = PRODUCTS[op as ProductName];
  if (product) return (x, v, axis) => product.run(x, v!, axis);
  const {run} = FORWARD[op as ForwardName];
  return (x, _, axis) => run(x, axis);
}
