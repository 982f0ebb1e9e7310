import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import {multiply, scaled, spread} from './calculus';
import type {Input} from './input';
import {type ForwardAttrs, LOG_SUM_EXP} from './names';
import {forwardOp} from './op';
import {softmax} from './softmax';

/**
 * logSumExp(x) = log Σ e^x along one axis.
 *
 * Evaluated as m + log Σ e^(x-m) with m = max x, by the log-sum-exp identity; see `logSoftmax` for the logarithm.
 *
 * A row with a NaN in it gives NaN, another with a +Infinity +Infinity; -Infinity adds nothing, so a row of nothing
 * else, or of no elements, gives -Infinity.
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis to sum along; negative counts from the end
 * @param keepDims whether that axis stays, with length 1
 * @returns float32, in nats, of the shape of the logits without the axis
 * @throws if the axis is out of range, or the dtype has no logits
 */
export function logSumExp<T extends Tensor = Tensor>(logits: Input, axis = -1, keepDims = false): T {
  return forwardOp('logSumExp', LOG_SUM_EXP, logits, axis, 1, keepDims) as T;
}

/** ∂/∂xᵢ log Σ e^x = softmax(x)ᵢ, times the row's cotangent. */
export const logSumExpGradient: GradConfig = {
  kernelName: LOG_SUM_EXP,
  inputsToSave: ['logits'],
  gradFunc: (dy, [saved], attrs) => {
    const {axis, scale} = attrs as ForwardAttrs;
    const logits = saved!;
    return {
      logits: () => {
        const probabilities = softmax(logits, axis, {scale});
        return scaled(multiply(probabilities, spread(dy as Tensor, logits.shape, axis)), scale);
      },
    };
  },
};
