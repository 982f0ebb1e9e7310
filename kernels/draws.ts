/**
 * What `categorical` and `gumbelSoftmax` share. Noise is made in JavaScript and the rest is tfjs's ops, each of which rounds in one
 * way only: so draws are the same bits on every backend, and nothing is read back, which webgpu could not at once.
 */

import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {keepsHalfFloats, WHOLE_IN_HALF_FLOATS} from '../tfjs/half_floats';
import {maxAlong} from './elementwise';

/** Floats hold every whole number up to here, and webgl keeps indices in floats. */
const WHOLE_IN_FLOATS = 2 ** 24;

/** What a float holds of 1 / temperature. Beyond, the distribution is even, or all is one class, whatever the logits. */
export const SMALLEST_SCALE = 1.2e-38;
export const LARGEST_SCALE = 1e38;

/** @throws where the index of a class might be rounded */
export function checkClasses(op: string, classes: number): void {
  const most = keepsHalfFloats() ? WHOLE_IN_HALF_FLOATS : WHOLE_IN_FLOATS;
  if (classes <= most) return;
  throw new Error(
    `${op}: the axis has ${classes} classes, and indices of more than ${most} would be rounded here. At most ${most} are ` +
      `allowed${most === WHOLE_IN_FLOATS ? '' : ": webgl keeps tensors in half floats on this device. Use tfjs's wasm or cpu backend"}.`,
  );
}

/** x - max x along an axis: by a number that rounds nothing near the maximum, and leaves room for noise in every digit. */
export function belowMaximum(x: Tensor, axis: number): Tensor {
  return tf.sub(x, maxAlong(x, axis));
}

/**
 * Along an axis, the least of `classes` at which x is maximal. `tf.argMax` has the first on some backends, on others any of
 * them. Without a maximum, as where all is NaN, it is `classes.size` or more.
 *
 * @param classes broadcasts to x; whole numbers as floats
 */
export function leastMaximal(x: Tensor, axis: number, classes: Tensor): Tensor {
  const isMaximal = tf.equal(x, maxAlong(x, axis));
  return tf.min(tf.where(isMaximal, classes, tf.scalar(WHOLE_IN_FLOATS)), axis);
}
