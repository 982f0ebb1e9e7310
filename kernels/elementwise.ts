/** tfjs's ops where its own are not right everywhere: on tensors of high rank, with odd bytes, on large numbers. */
import * as tf from '@tensorflow/tfjs-core';
import {reshape, type Tensor} from '@tensorflow/tfjs-core';
import {constant} from '../tfjs/constant';

/** As many dimensions as tfjs's binary kernels take. Given more, webgl's throw, and wasm's leave what was in the memory. */
export const HIGHEST_RANK = 6;

/** The ranks that `tf.where` takes on every backend: webgl's and webgpu's go no further. */
const HIGHEST_RANK_OF_WHERE = 4;

/** An operation on each element of tensors of one shape. */
export function elementwise(tensors: Tensor[], operation: (...flat: Tensor[]) => Tensor): Tensor {
  const {rank, shape, size} = tensors[0]!;
  const flat = rank > HIGHEST_RANK ? tensors.map((t) => reshape(t, [size])) : tensors;
  const result = operation(...flat);
  return flat === tensors ? result : reshape(result, shape);
}

/**
 * x where the mask is true, the other number elsewhere. The mask broadcasts to the shape of x. An empty x is not for
 * `tf.where`: on wasm it writes beyond the result where the mask is not empty.
 */
export function select(mask: Tensor, x: Tensor, otherwise: number): Tensor {
  if (x.size === 0) return tf.zeros(x.shape);
  const other = constant(otherwise);
  const condition = zerosAndOnes(mask);
  if (x.rank <= HIGHEST_RANK_OF_WHERE) return tf.where(condition, x, other);
  const flat = tf.where(tf.reshape(repeated(condition, x.shape), [x.size]), tf.reshape(x, [x.size]), other);
  return tf.reshape(flat, x.shape);
}

/** The backends whose `tf.where` takes any byte but 0 for true. tfjs's cpu takes only 1. */
const ANY_BYTE_IS_TRUE = ['wasm', 'webgl', 'webgpu', 'tensorflow'];

/** A bool tensor may hold any bytes, and to this package all but 0 are true. */
function zerosAndOnes(mask: Tensor): Tensor {
  return ANY_BYTE_IS_TRUE.includes(tf.getBackend()) ? mask : tf.notEqual(mask, tf.scalar(false));
}

/** The mask at each element of that shape, one dimension after another: no tile has a rank above 3. */
export function repeated(mask: Tensor, shape: number[]): Tensor {
  const missing = shape.length - mask.rank;
  return shape.reduceRight((known, length, d) => {
    if (length === 1 || mask.shape[d - missing] === length) return known;
    const before = tf.util.sizeFromShape(mask.shape.slice(0, Math.max(d - missing, 0)));
    const after = tf.util.sizeFromShape(shape.slice(d + 1));
    return tf.tile(tf.reshape(known, [before, 1, after]), [1, length, 1]);
  }, mask);
}

/**
 * max x along an axis, which stays with length 1. tfjs's own is never below -1e20 on webgl: there, numbers that far out are
 * looked at once more, scaled by a power of two, which rounds none of them.
 */
export function maxAlong(x: Tensor, axis: number): Tensor {
  const found = tf.max(x, axis, true);
  const scaled = tf.max(tf.mul(x, 2 ** -64), axis, true);
  return tf.where(tf.greater(found, -9e19), found, tf.mul(scaled, 2 ** 64));
}
