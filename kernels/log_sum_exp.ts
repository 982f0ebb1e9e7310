import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import type {Input} from './input';
import {type ForwardAttrs, LOG_SUM_EXP, MASKED_LOG_SUM_EXP} from './names';
import {type ForwardOp, type MaskOptions, runForward} from './op';
import {scaled, timesRows} from './primitives';
import {softmax} from './softmax';

const LOG_SUM_EXP_OP: ForwardOp = {name: 'logSumExp', kernel: LOG_SUM_EXP, maskedKernel: MASKED_LOG_SUM_EXP};

/**
 * logSumExp(x) = log Σ e^x along one axis.
 *
 * Evaluated as m + log Σ e^(x-m) with m = max x, by the log-sum-exp identity; see {@link logSoftmax} for the logarithm
 * and for the source.
 *
 * A row with a NaN in it gives NaN, another with a +Infinity +Infinity; -Infinity adds nothing, so a row of nothing
 * else, or of no elements, gives -Infinity.
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis to sum along; negative counts from the end
 * @param keepDims whether that axis stays, with length 1
 * @param options a mask
 * @returns float32, in nats, of the shape of the logits without the axis
 * @throws if the axis is out of range, the dtype has no logits, or the mask does not fit
 */
export function logSumExp<T extends Tensor = Tensor>(
  logits: Input,
  axis = -1,
  keepDims = false,
  options: MaskOptions = {},
): T {
  return runForward(LOG_SUM_EXP_OP, logits, axis, options, keepDims) as T;
}

/** ∂/∂xᵢ log Σ e^x = softmax(x)ᵢ, times the row's cotangent. */
export const logSumExpGradient: GradConfig = {
  kernelName: LOG_SUM_EXP,
  inputsToSave: ['logits'],
  gradFunc: (dy, [logits], attrs) => ({logits: () => gradient(logits!, dy as Tensor, attrs as ForwardAttrs)}),
};

/** The same, with the masked softmax. */
export const maskedLogSumExpGradient: GradConfig = {
  kernelName: MASKED_LOG_SUM_EXP,
  inputsToSave: ['logits', 'mask'],
  gradFunc: (dy, [logits, mask], attrs) => ({
    logits: () => gradient(logits!, dy as Tensor, attrs as ForwardAttrs, mask),
  }),
};

function gradient(logits: Tensor, dy: Tensor, {axis, scale}: ForwardAttrs, mask?: Tensor): Tensor {
  const probabilities = softmax(logits, axis, {scale, mask});
  return scaled(timesRows(probabilities, dy, axis), scale);
}
