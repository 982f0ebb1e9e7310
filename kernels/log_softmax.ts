import type {Tensor} from '@tensorflow/tfjs-core';
import {gradientDepth} from '../tfjs/tape';
import type {ForwardAttrs} from './attributes';
import type {Axis} from './axes';
import {forwardKernels, gradientsOfLogits, runForward} from './forward';
import type {Input, Numbers} from './input';
import {LOG_SOFTMAX, LOG_SOFTMAX_VJP, MASKED_LOG_SOFTMAX} from './names';
import type {ForwardOp, ForwardPass} from './op';
import {whereMask} from './primitives';
import {softmaxAsConstant} from './products';
import {type MaskOptions, runKernel, type ScaleOptions} from './run_op';

/**
 * The same for a number or an array of numbers; the result has the tensor type that the caller expects.
 */
export function logSoftmax<T extends Tensor = Tensor>(
  logits: Numbers,
  axis?: Axis,
  options?: ScaleOptions & MaskOptions,
): T;
/**
 * logSoftmax(x)ᵢ = log softmax(x)ᵢ = xᵢ - log Σ e^x along one axis or several, for x = scale·logits.
 *
 * Evaluated as (xᵢ - m) - log Σ e^(x-m) with m = max x, by the log-sum-exp identity log Σ e^x = m + log Σ e^(x-m). The
 * logarithm is log1p of the sum without the maximal element, so that a confident maximum keeps its digits. Blanchard,
 * Higham & Higham, Accurately computing the log-sum-exp and softmax functions, IMA J. Numer. Anal. 41(4), 2021, give the
 * bounds.
 *
 * A row that has a NaN or +Infinity, or only -Infinity, is NaN. In other rows -Infinity stays -Infinity.
 *
 * @example
 * ```ts
 * logSoftmax([25, 0, 0, 0]).print(); // the first is -4.166e-11; tf.logSoftmax gives 0
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis along which probabilities sum to 1, or a list of axes along which they sum to 1 together; negative
 *   counts from the end
 * @param options a scale, 1 by default, and a mask
 * @returns log-probabilities in nats, float32, of the shape of the logits
 * @throws if an axis is out of range or named twice, the scale not finite, the dtype is not float32, int32 or bool, or the
 *   mask does not fit
 */
export function logSoftmax<T extends Tensor = Tensor>(
  logits: T | Numbers,
  axis?: Axis,
  options?: ScaleOptions & MaskOptions,
): T;
export function logSoftmax(logits: Input, axis: Axis = -1, options: ScaleOptions & MaskOptions = {}): Tensor {
  return runForward(PASS, logits, axis, options);
}

/**
 * Jᵗ·dy with J = I - 1 yᵗ, times the scale. y is computed anew from the logits: e^logSoftmax would have the rounding of
 * the logarithm in its exponent.
 */
function derivative(logits: Tensor, dy: Tensor, attributes: ForwardAttrs, mask?: Tensor): Tensor {
  const {axis, scale} = attributes;
  const attrs = {axis, scale, factor: scale};
  if (gradientDepth() === 0 && !mask) return runKernel(LOG_SOFTMAX_VJP, {logits, vector: dy}, attrs);
  // What the mask takes out is -Infinity whatever the logits are, so its cotangent does not count.
  const vector = mask ? whereMask(dy, mask) : dy;
  const probabilities = softmaxAsConstant(logits, {axis, scale}, mask);
  return runKernel(LOG_SOFTMAX_VJP, {logits, probabilities, vector}, attrs);
}

export const LOG_SOFTMAX_KERNELS = forwardKernels(LOG_SOFTMAX, MASKED_LOG_SOFTMAX, gradientsOfLogits(derivative));
const PASS: ForwardPass = {name: 'logSoftmax', kernels: LOG_SOFTMAX_KERNELS};

export const logSoftmaxOp: ForwardOp = {
  run: logSoftmax,
  parameters: ['logits', 'axis', 'options'],
  options: ['scale', 'mask'],
  kernels: LOG_SOFTMAX_KERNELS,
};
