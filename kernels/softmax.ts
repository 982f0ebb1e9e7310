import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import type {Input} from './input';
import {type ForwardAttrs, SOFTMAX, SOFTMAX_PRODUCT} from './names';
import {forwardOp, runKernel, type ScaleOptions} from './op';

/**
 * softmax(x)ᵢ = e^xᵢ / Σ e^x along one axis, of scale·logits.
 *
 * Evaluated as e^(xᵢ-c) / Σ e^(x-c): any shift c leaves it as it is, since e^-c cancels, and one that keeps the
 * exponents from overflowing and xᵢ - c exact makes it stable. A larger scale sharpens towards the maximum, a negative
 * one towards the minimum (softmin), 0 gives the uniform distribution.
 *
 * A row with a NaN or a +Infinity in it, or with nothing but -Infinity, is NaN; other -Infinity give exactly 0.
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis that sums to 1; negative counts from the end
 * @returns probabilities in float32, of the shape of the logits
 * @throws if the axis is out of range, the scale not finite, or the dtype has no logits
 */
export function softmax<T extends Tensor = Tensor>(logits: T | Input, axis = -1, {scale = 1}: ScaleOptions = {}): T {
  return forwardOp('softmax', SOFTMAX, logits, axis, scale) as T;
}

/**
 * softmin(x) = softmax(-x): large where the logits are small.
 *
 * @see softmax for shapes, special values and errors
 */
export function softmin<T extends Tensor = Tensor>(logits: T | Input, axis = -1): T {
  return forwardOp('softmin', SOFTMAX, logits, axis, -1) as T;
}

/** Jᵗ·dy with J = diag(y) - y yᵗ, times the scale. It keeps the logits too: through them it can be derived again. */
export const softmaxGradient: GradConfig = {
  kernelName: SOFTMAX,
  inputsToSave: ['logits'],
  outputsToSave: [true],
  gradFunc: (dy, [logits, probabilities], attrs) => {
    const {axis, scale} = attrs as ForwardAttrs;
    return {
      logits: () =>
        runKernel(
          SOFTMAX_PRODUCT,
          {logits: logits!, probabilities: probabilities!, vector: dy as Tensor},
          {axis, scale, factor: scale},
        ),
    };
  },
};
