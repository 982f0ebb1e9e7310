import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {checkBoolean, checkOptions, checkRange, option} from './check';
import {belowMaximum, checkClasses, LARGEST_SCALE, leastMaximal} from './draws';
import {select} from './elementwise';
import {type Input, type Numbers, toFloat32} from './input';
import {toMask} from './mask';
import type {Op} from './op';
import {linear, passedOn} from './primitives';
import {gumbelNoise, type Seed, toSeed} from './random';
import {resolveAxis, rowsAlong} from './rows';
import {inScope, type MaskOptions} from './run_op';
import {softmax} from './softmax';

const OP = 'gumbelSoftmax';

/** Options of `gumbelSoftmax`. */
export interface GumbelSoftmaxOptions extends MaskOptions {
  /** Above 0. The lower it is, the closer samples are to one-hot, and the larger are their gradients. */
  temperature?: number;
  /** Whether the result is one-hot, with the gradient of the soft sample: the straight-through estimator. */
  hard?: boolean;
  /** A whole number. The same seed gives the same noise on every backend. Without it each call draws anew. */
  seed?: number | null;
}

/**
 * The same for a number or an array of numbers; the result has the tensor type that the caller expects.
 */
export function gumbelSoftmax<T extends Tensor = Tensor>(
  logits: Numbers,
  axis?: number,
  options?: GumbelSoftmaxOptions,
): T;
/**
 * A sample of the Gumbel-softmax distribution along one axis: softmax((logits + g) / temperature), with g = -log(-log u)
 * independent Gumbel noise. Its largest element is the class that {@link categorical} draws with the same seed. Unlike a
 * draw it is differentiable in the logits, with the gradient of softmax; the noise is a constant (Jang, Gu & Poole,
 * Categorical reparameterization with Gumbel-softmax, ICLR 2017; Maddison, Mnih & Teh, The concrete distribution, ICLR
 * 2017).
 *
 * Special values are those of {@link softmax}, also with `hard`: rows without a softmax are NaN, and masked-out elements
 * are 0.
 *
 * @example
 * ```ts
 * const choice = gumbelSoftmax(logits, -1, {temperature: 0.5, hard: true}); // one-hot, and differentiable
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis that sums to 1; negative counts from the end
 * @param options temperature, hard, mask and seed
 * @returns float32, of the shape of the logits
 * @throws if the axis is out of range, the dtype is not float32, int32 or bool, the mask does not fit, an option is out of
 *   range, or there are more than 2^24 classes with `hard`
 */
export function gumbelSoftmax<T extends Tensor = Tensor>(
  logits: T | Numbers,
  axis?: number,
  options?: GumbelSoftmaxOptions,
): T;
export function gumbelSoftmax(logits: Input, axis = -1, options: GumbelSoftmaxOptions = {}): Tensor {
  checkOptions(OP, options);
  const mask = option(options, 'mask', null);
  const temperature = option(options, 'temperature', 1);
  checkRange(OP, 'temperature', temperature, (t) => t > 0, 'above 0', 'For the likeliest class, use categorical.');
  const hard = checkBoolean(OP, 'hard', option(options, 'hard', false));
  const seed = toSeed(OP, option(options, 'seed', null));
  return inScope(false, () => {
    const x = toFloat32(OP, 'logits', logits);
    const resolved = resolveAxis(OP, axis, x.shape);
    if (hard) checkClasses(OP, x.shape[resolved] ?? 1);
    const kept = toMask(OP, mask, x.shape);
    const noisy = withNoise(x, resolved, kept, seed);
    const sample = softmax(noisy, resolved, {scale: Math.min(1 / temperature, LARGEST_SCALE), mask: kept});
    return hard ? straightThrough(sample, noisy, resolved) : sample;
  });
}

/** x - max x + g: the softmax does not see the maximum, and so neither does its gradient. */
function withNoise(x: Tensor, axis: number, mask: Tensor | null, seed: Seed): Tensor {
  const rows = rowsAlong(x.shape, axis);
  const shape = [rows.outer, rows.n, rows.inner];
  const noisy = (logits: Tensor) => {
    const kept = mask ? select(mask, logits, Number.NEGATIVE_INFINITY) : logits;
    const below = belowMaximum(tf.reshape(kept, shape), 1);
    return tf.reshape(tf.add(below, tf.tensor(gumbelNoise(seed, rows), shape)), x.shape);
  };
  return linear(x, x.shape, noisy, passedOn);
}

/** One-hot at the maximum, with the gradient of the sample itself; where the sample is NaN or all 0, the sample. */
function straightThrough(sample: Tensor, noisy: Tensor, axis: number): Tensor {
  const {outer, n, inner} = rowsAlong(sample.shape, axis);
  const hardened = (soft: Tensor) => {
    const values = tf.reshape(soft, [outer, n, inner]);
    const classes = tf.reshape(tf.range(0, n, 1, 'float32'), [1, n, 1]);
    const largest = leastMaximal(tf.reshape(noisy, [outer, n, inner]), 1, classes);
    const isChosen = tf.equal(classes, tf.reshape(largest, [outer, 1, inner]));
    const oneHot = tf.where(tf.logicalAnd(isChosen, tf.greater(values, 0)), 1, 0);
    return tf.reshape(tf.where(tf.isNaN(values), values, oneHot), sample.shape);
  };
  return linear(sample, sample.shape, hardened, passedOn);
}

export const gumbelSoftmaxOp: Op = {
  run: gumbelSoftmax,
  parameters: ['logits', 'axis', 'options'],
  options: ['temperature', 'hard', 'mask', 'seed'],
  kernels: [],
};
