import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * x where the mask is true, 0 elsewhere, whatever x has there; the mask broadcasts. `tf.where` alone does not do for
 * that: on webgl it takes no rank above 4, and on wasm it writes beyond the result where x is empty and the mask is not.
 */
export function select(x: Tensor, mask: Tensor): Tensor {
  if (x.size === 0) return tf.zeros(x.shape);
  const selected = tf.where(repeated(mask, x.shape), tf.reshape(x, [x.size]), 0);
  return tf.reshape(selected, x.shape);
}

/** The mask at each element of that shape, as a tensor of one dimension: repeated along one axis after another. */
function repeated(mask: Tensor, shape: number[]): Tensor {
  const missing = shape.length - mask.rank;
  let known = mask;
  let [repeats, inner] = [1, 1];
  for (let i = shape.length - 1; i >= 0; i--) {
    const length = mask.shape[i - missing] ?? 1;
    // Neighbouring axes are repeated together.
    if (length === 1) repeats *= shape[i]!;
    if (length === 1 && i > 0) continue;
    if (repeats > 1) known = tf.tile(tf.reshape(known, [known.size / inner, 1, inner]), [1, repeats, 1]);
    inner *= repeats * (length === 1 ? 1 : length);
    repeats = 1;
  }
  return tf.reshape(known, [known.size]);
}
