import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {select} from '../../kernels/elementwise';
import type {ForwardKind} from '../engines/types';

/**
 * A masked forward pass for a backend whose kernels take no masks: logits that the mask takes out become -Infinity, and the
 * results of rows that have nothing else are corrected afterwards.
 *
 * @param forward the pass without a mask
 */
export function maskedBySelection(
  kind: ForwardKind,
  logits: Tensor,
  mask: Tensor,
  scale: number,
  forward: (logits: Tensor, scale: number) => Tensor,
): Tensor {
  return tf.tidy(() => {
    // The kernel multiplies by the scale: what becomes -Infinity depends on its sign, and with 0 nothing does.
    const below = scale < 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    const source = scale === 0 ? tf.mul(logits, 0) : logits;
    const result = forward(select(mask, source, below), scale === 0 ? 1 : scale);
    if (kind === 'logSumExp') return result;
    return select(mask, result, kind === 'softmax' ? 0 : Number.NEGATIVE_INFINITY);
  });
}
