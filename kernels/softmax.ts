import type {Tensor} from '@tensorflow/tfjs-core';
import {gradientDepth, recordedInput} from '../tfjs/tape';
import type {ForwardAttrs} from './attributes';
import type {Axis} from './axes';
import {forwardKernels, runForward} from './forward';
import type {Input, Numbers} from './input';
import {MASKED_SOFTMAX, SOFTMAX, SOFTMAX_PRODUCT} from './names';
import type {ForwardOp, ForwardPass, KernelGradient} from './op';
import {whereMask} from './primitives';
import {type MaskOptions, runKernel, type ScaleOptions} from './run_op';

/**
 * The same for a number or an array of numbers; the result has the tensor type that the caller expects.
 */
export function softmax<T extends Tensor = Tensor>(
  logits: Numbers,
  axis?: Axis,
  options?: ScaleOptions & MaskOptions,
): T;
/**
 * softmax(x)ᵢ = e^xᵢ / Σ e^x along one axis or several, for x = scale·logits.
 *
 * Evaluated as e^(xᵢ-c) / Σ e^(x-c). A shift c does not change the result, since e^-c cancels; here c keeps the
 * exponentials from overflowing, and xᵢ - c is exact. A larger scale favours the maximum, a negative scale the minimum
 * (softmin), and 0 gives the uniform distribution. Blanchard, Higham & Higham, Accurately computing the log-sum-exp and
 * softmax functions, IMA J. Numer. Anal. 41(4), 2021, bound the error of shifted softmax.
 *
 * A row that has a NaN or +Infinity, or only -Infinity, is NaN. In other rows -Infinity gives exactly 0.
 *
 * @example
 * ```ts
 * softmax([1, 2, 3]).print(); // [0.0900306, 0.2447284, 0.6652409]
 * softmax(logits, -1, {scale: 1 / Math.sqrt(64), mask: logits.greater(0)}); // attention
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis that sums to 1, or a list of axes that sum to 1 together; negative counts from the end
 * @param options a scale, 1 by default, and a mask
 * @returns probabilities in float32, of the shape of the logits
 * @throws if an axis is out of range or named twice, the scale not finite, the dtype is not float32, int32 or bool, or the
 *   mask does not fit
 */
export function softmax<T extends Tensor = Tensor>(
  logits: T | Numbers,
  axis?: Axis,
  options?: ScaleOptions & MaskOptions,
): T;
export function softmax(logits: Input, axis: Axis = -1, options: ScaleOptions & MaskOptions = {}): Tensor {
  return runForward(PASS, logits, axis, options);
}

/**
 * The same for a number or an array of numbers; the result has the tensor type that the caller expects.
 */
export function softmin<T extends Tensor = Tensor>(logits: Numbers, axis?: Axis): T;
/**
 * softmin(x) = softmax(-x): large where the logits are small.
 *
 * @example
 * ```ts
 * softmin([1, 2, 3]).print(); // [0.6652409, 0.2447284, 0.0900306]
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis that sums to 1, or a list of axes that sum to 1 together; negative counts from the end
 * @returns probabilities in float32, of the shape of the logits
 * @throws if an axis is out of range or named twice, or the dtype is not float32, int32 or bool
 * @see {@link softmax} for special values
 */
export function softmin<T extends Tensor = Tensor>(logits: T | Numbers, axis?: Axis): T;
export function softmin(logits: Input, axis: Axis = -1): Tensor {
  return runForward(SOFTMIN_PASS, logits, axis, {scale: -1});
}

/**
 * Jᵗ·dy with J = diag(y) - y yᵗ, times the scale. The logits are kept only where this will be derived again,
 * through them; elsewhere the probabilities do. What a mask takes out has probability 0: its cotangent is no matter, even if
 * it is not finite.
 */
function gradientOf(isMasked: boolean): KernelGradient {
  const mask = isMasked ? ['mask'] : [];
  return {
    inputsToSave: [...mask, 'logits'],
    inputsToSaveOnce: mask,
    outputsToSave: [true],
    gradFunc: (dy, saved, given) => {
      const {axis, scale} = given as ForwardAttrs;
      const attrs = {axis, scale, factor: scale};
      const probabilities = saved.at(-1)!;
      const inLogits = () => {
        const vector = isMasked ? whereMask(dy as Tensor, saved[0]!) : (dy as Tensor);
        if (gradientDepth() === 0) return runKernel(SOFTMAX_PRODUCT, {probabilities, vector}, attrs);
        const hasLogits = saved.length > mask.length + 1;
        const logits = hasLogits ? saved[mask.length]! : recordedInput('softmax', 'logits', probabilities);
        return runKernel(SOFTMAX_PRODUCT, {logits, probabilities, vector}, attrs);
      };
      return {logits: inLogits};
    },
  };
}

export const SOFTMAX_KERNELS = forwardKernels(SOFTMAX, MASKED_SOFTMAX, [gradientOf(false), gradientOf(true)]);
const PASS: ForwardPass = {name: 'softmax', kernels: SOFTMAX_KERNELS};
const SOFTMIN_PASS: ForwardPass = {name: 'softmin', kernels: SOFTMAX_KERNELS};

export const softmaxOp: ForwardOp = {
  run: softmax,
  parameters: ['logits', 'axis', 'options'],
  options: ['scale', 'mask'],
  kernels: SOFTMAX_KERNELS,
};

export const softminOp: ForwardOp = {run: softmin, parameters: ['logits', 'axis'], kernels: SOFTMAX_KERNELS};
