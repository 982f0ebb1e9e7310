import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import type {Input} from './input';
import {type ForwardAttrs, LOG_SOFTMAX, LOG_SOFTMAX_VJP} from './names';
import {forwardOp, runKernel, type ScaleOptions, softmaxAsConstant} from './op';

/**
 * logSoftmax(x)ᵢ = log softmax(x)ᵢ = xᵢ - log Σ e^x along one axis, of scale·logits.
 *
 * Evaluated as (xᵢ - m) - log Σ e^(x-m) with m = max x, by the log-sum-exp identity
 * log Σ e^x = m + log Σ e^(x-m); the logarithm as log1p of the sum without the maximal element, so that a confident
 * maximum keeps its digits.
 *
 * A row with a NaN or a +Infinity in it, or with nothing but -Infinity, is NaN; other -Infinity stay.
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis along which probabilities sum to 1; negative counts from the end
 * @returns log-probabilities in nats, float32, of the shape of the logits
 * @throws if the axis is out of range, the scale not finite, or the dtype has no logits
 */
export function logSoftmax<T extends Tensor = Tensor>(logits: T | Input, axis = -1, {scale = 1}: ScaleOptions = {}): T {
  return forwardOp('logSoftmax', LOG_SOFTMAX, logits, axis, scale) as T;
}

/**
 * Jᵗ·dy with J = I - 1 yᵗ, times the scale. y is computed anew from the logits: e^logSoftmax would have the rounding of
 * the logarithm in its exponent.
 */
export const logSoftmaxGradient: GradConfig = {
  kernelName: LOG_SOFTMAX,
  inputsToSave: ['logits'],
  gradFunc: (dy, [saved], attrs) => {
    const {axis, scale} = attrs as ForwardAttrs;
    const logits = saved!;
    return {
      logits: () =>
        runKernel(
          LOG_SOFTMAX_VJP,
          {logits, probabilities: softmaxAsConstant(logits, axis, scale), vector: dy as Tensor},
          {axis, scale, factor: scale},
        ),
    };
  },
};
