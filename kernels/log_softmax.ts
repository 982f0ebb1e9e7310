import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import {gradientDepth} from '../tfjs/tape';
import type {Input} from './input';
import {type ForwardAttrs, LOG_SOFTMAX, LOG_SOFTMAX_VJP, MASKED_LOG_SOFTMAX} from './names';
import {type ForwardOp, type MaskOptions, runForward, type ScaleOptions, softmaxAsConstant} from './op';
import {selected} from './primitives';
import {runKernel} from './run';

const LOG_SOFTMAX_OP: ForwardOp = {name: 'logSoftmax', kernel: LOG_SOFTMAX, maskedKernel: MASKED_LOG_SOFTMAX};

/**
 * logSoftmax(x)ᵢ = log softmax(x)ᵢ = xᵢ - log Σ e^x along one axis, of scale·logits.
 *
 * Evaluated as (xᵢ - m) - log Σ e^(x-m) with m = max x, by the log-sum-exp identity
 * log Σ e^x = m + log Σ e^(x-m); the logarithm as log1p of the sum without the maximal element, so that a confident
 * maximum keeps its digits. Blanchard, Higham & Higham, Accurately computing the log-sum-exp and softmax functions, IMA J.
 * Numer. Anal. 41(4), 2021, give the bounds.
 *
 * A row with a NaN or a +Infinity in it, or with nothing but -Infinity, is NaN; other -Infinity stay.
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis along which probabilities sum to 1; negative counts from the end
 * @param options a scale, 1 by default, and a mask
 * @returns log-probabilities in nats, float32, of the shape of the logits
 * @throws if the axis is out of range, the scale not finite, the dtype has no logits, or the mask does not fit
 */
export function logSoftmax<T extends Tensor = Tensor>(
  logits: T | Input,
  axis = -1,
  options: ScaleOptions & MaskOptions = {},
): T {
  return runForward(LOG_SOFTMAX_OP, logits, axis, options) as T;
}

/**
 * Jᵗ·dy with J = I - 1 yᵗ, times the scale. y is computed anew from the logits: e^logSoftmax would have the rounding of
 * the logarithm in its exponent.
 */
export const logSoftmaxGradient: GradConfig = {
  kernelName: LOG_SOFTMAX,
  inputsToSave: ['logits'],
  gradFunc: (dy, [logits], attrs) => ({logits: () => product(logits!, dy as Tensor, attrs as ForwardAttrs)}),
};

/** The same; what the mask takes out is -Infinity whatever the logits are, so its cotangent does not count. */
export const maskedLogSoftmaxGradient: GradConfig = {
  kernelName: MASKED_LOG_SOFTMAX,
  inputsToSave: ['logits', 'mask'],
  gradFunc: (dy, [logits, mask], attrs) => ({
    logits: () => product(logits!, selected(dy as Tensor, mask!), attrs as ForwardAttrs, mask),
  }),
};

function product(logits: Tensor, vector: Tensor, {axis, scale}: ForwardAttrs, mask?: Tensor): Tensor {
  const attrs = {axis, scale, factor: scale};
  if (gradientDepth() === 0 && !mask) return runKernel(LOG_SOFTMAX_VJP, {logits, vector}, attrs);
  const probabilities = softmaxAsConstant(logits, {axis, scale}, mask);
  return runKernel(LOG_SOFTMAX_VJP, {logits, probabilities, vector}, attrs);
}
