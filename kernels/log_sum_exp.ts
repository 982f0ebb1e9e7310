import type {Tensor} from '@tensorflow/tfjs-core';
import type {ForwardAttrs} from './attributes';
import type {Axis} from './axes';
import {forwardKernels, gradientsOfLogits, runForward} from './forward';
import type {Input} from './input';
import {LOG_SUM_EXP, MASKED_LOG_SUM_EXP} from './names';
import type {ForwardOp, ForwardPass} from './op';
import {scaled, scaleRows} from './primitives';
import type {MaskOptions} from './run_op';
import {softmax} from './softmax';

/**
 * logSumExp(x) = log Σ e^x along one axis or several.
 *
 * Evaluated as m + log Σ e^(x-m) with m = max x, by the log-sum-exp identity; see {@link logSoftmax} for the logarithm
 * and for the source.
 *
 * A row that has a NaN gives NaN, and otherwise one that has +Infinity gives +Infinity. -Infinity adds nothing, so a row of
 * only -Infinity, or without elements, gives -Infinity.
 *
 * @example
 * ```ts
 * logSumExp([1000, 1000]).print(); // 1000.6931152
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis to sum along, or a list of axes; negative counts from the end
 * @param keepDims whether these axes stay, with length 1
 * @param options a mask
 * @returns float32, in nats, of the shape of the logits without the axes
 * @throws if an axis is out of range or named twice, the dtype is not float32, int32 or bool, or the mask does not fit
 */
export function logSumExp<T extends Tensor = Tensor>(
  logits: Input,
  axis: Axis = -1,
  keepDims = false,
  options: MaskOptions = {},
): T {
  return runForward(PASS, logits, axis, options, keepDims) as T;
}

/** ∂/∂xᵢ log Σ e^x = softmax(x)ᵢ, masked if that is, times the row's cotangent. */
function derivative(logits: Tensor, dy: Tensor, {axis, scale}: ForwardAttrs, mask?: Tensor): Tensor {
  const probabilities = softmax(logits, axis, {scale, mask});
  return scaled(scaleRows(probabilities, dy, axis), scale);
}

export const LOG_SUM_EXP_KERNELS = forwardKernels(LOG_SUM_EXP, MASKED_LOG_SUM_EXP, gradientsOfLogits(derivative));
const PASS: ForwardPass = {name: 'logSumExp', kernels: LOG_SUM_EXP_KERNELS, perRow: true};

export const logSumExpOp: ForwardOp = {
  run: logSumExp,
  parameters: ['logits', 'axis', 'keepDims', 'options'],
  options: ['mask'],
  kernels: LOG_SUM_EXP_KERNELS,
};
