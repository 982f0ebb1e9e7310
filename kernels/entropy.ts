import {notEqual, type Tensor} from '@tensorflow/tfjs-core';
import {composedKernel} from '../backends/kernel_functions';
import {type ForwardAttrs, lossesAlong} from './attributes';
import type {Axis} from './axes';
import {option} from './check';
import {elementwise} from './elementwise';
import {gradientsOfLogits, runForward} from './forward';
import type {Input} from './input';
import {logSoftmax} from './log_softmax';
import {CROSS_ENTROPY, ENTROPY, MASKED_ENTROPY, SOFTMAX_PRODUCT} from './names';
import type {ForwardOp, ForwardPass, Kernel} from './op';
import {scaleRows, whereMask} from './primitives';
import {softmaxAsConstant} from './products';
import {type MaskOptions, runKernel, type ScaleOptions} from './run_op';
import {softmax} from './softmax';

/**
 * The entropy of softmax: -Σ p log p along one axis or several, with p = softmax(scale·logits), from 0 if one element has
 * probability 1 to log n for n equal logits. In nats; divide by Math.LN2 for bits.
 *
 * Evaluated as the cross-entropy of p with itself, Σ p (log Σ e^(x-m) - (x - m)). No term is negative, so the entropy is
 * exactly 0 if one element has probability 1. Elements with probability 0 (masked, -Infinity, or too small for a float) add
 * nothing and have gradient 0. Shannon, A mathematical theory of communication, 1948.
 *
 * It is NaN where {@link softmax} is NaN, and 0 for a row that is masked out completely.
 *
 * @example
 * ```ts
 * const bonus = tf.mean(entropy(policyLogits, -1, {mask: allowedMoves})); // keeps a policy exploring
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis along which probabilities sum to 1, or a list of axes along which they sum to 1 together; negative
 *   counts from the end
 * @param options a scale, 1 by default, and a mask
 * @returns float32, in nats, of the shape of the logits without the axis
 * @throws if an axis is out of range or named twice, the scale not finite, the dtype is not float32, int32 or bool, or the
 *   mask does not fit
 */
export function entropy<T extends Tensor = Tensor>(
  logits: Input,
  axis: Axis = -1,
  options: ScaleOptions & MaskOptions = {},
): T {
  return runForward(PASS, logits, axis, options) as T;
}

/**
 * dH = -⟨dp, log p⟩, as Σ dp = 0: so the gradient is -scale·J·log p, with J = diag(p) - p pᵗ, times the row's cotangent. Where p
 * is 0 the logarithm counts for nothing.
 */
function derivative(logits: Tensor, dy: Tensor, {axis, scale}: ForwardAttrs, mask?: Tensor): Tensor {
  const probabilities = softmaxAsConstant(logits, {axis, scale}, mask);
  const counts = elementwise([probabilities], (flat) => notEqual(flat, 0));
  const vector = whereMask(logSoftmax(logits, axis, {scale, mask}), counts);
  const product = runKernel(SOFTMAX_PRODUCT, {logits, probabilities, vector}, {axis, scale, factor: -scale});
  return scaleRows(product, dy, axis);
}

const [gradient, maskedGradient] = gradientsOfLogits(derivative);

/** By the family's kernels: probabilities are the labels of a cross-entropy. */
const onAny: Kernel['on'] = () =>
  composedKernel((inputs, attrs) => {
    const {axis, scale} = attrs as ForwardAttrs;
    const given = inputs.logits!;
    const mask = option(inputs, 'mask', null);
    const labels = softmax(given, axis, {scale, mask});
    // A cross-entropy knows no masks and no scale; and logits that are scaled before they are shifted may overflow.
    const logits = mask || scale !== 1 ? logSoftmax(given, axis, {scale, mask}) : given;
    return runKernel(CROSS_ENTROPY, {logits, labels}, lossesAlong(axis));
  });

export const ENTROPY_KERNELS: [Kernel, Kernel] = [
  {name: ENTROPY, on: onAny, gradient},
  {name: MASKED_ENTROPY, on: onAny, gradient: maskedGradient},
];
const PASS: ForwardPass = {name: 'entropy', kernels: ENTROPY_KERNELS, perRow: true};

export const entropyOp: ForwardOp = {
  run: entropy,
  parameters: ['logits', 'axis', 'options'],
  options: ['scale', 'mask'],
  kernels: ENTROPY_KERNELS,
};
