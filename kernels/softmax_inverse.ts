import type {Tensor} from '@tensorflow/tfjs-core';
import {checkFinite, checkOptions, option} from './check';
import {type Input, type Numbers, toFloat32} from './input';
import type {Op} from './op';
import {logPlus} from './primitives';
import {resolveAxis} from './rows';
import {inScope} from './run_op';

/**
 * The same for a number or an array of numbers; the result has the tensor type that the caller expects.
 */
export function softmaxInverse<T extends Tensor = Tensor>(
  probabilities: Numbers,
  axis?: number,
  options?: {offset?: number},
): T;
/**
 * Logits whose softmax along the axis is `probabilities`: x = log p + offset. Adding a constant to all logits of a row does
 * not change softmax, so its inverse has a free constant, the offset.
 *
 * @example
 * ```ts
 * softmax(softmaxInverse([0.2, 0.3, 0.5])).print(); // [0.2, 0.3, 0.5]
 * ```
 *
 * @param probabilities any rank and shape, each row along the axis a distribution; 0 gives -Infinity
 * @param axis the axis along which they sum to 1; it is only checked, since log p does not depend on it
 * @param options the offset, 0 by default
 * @returns float32, of the same shape
 * @throws if the axis is out of range, the offset not finite, or the dtype is not real
 */
export function softmaxInverse<T extends Tensor = Tensor>(
  probabilities: T | Numbers,
  axis?: number,
  options?: {offset?: number},
): T;
export function softmaxInverse(probabilities: Input, axis = -1, options: {offset?: number} = {}): Tensor {
  return inScope(false, () => {
    const offset = option(checkOptions('softmaxInverse', options), 'offset', 0);
    const p = toFloat32('softmaxInverse', 'probabilities', probabilities);
    resolveAxis('softmaxInverse', axis, p.shape);
    return logPlus(p, checkFinite('softmaxInverse', 'offset', offset));
  });
}

export const softmaxInverseOp: Op = {
  run: softmaxInverse,
  parameters: ['probabilities', 'axis', 'options'],
  options: ['offset'],
  kernels: [],
};
