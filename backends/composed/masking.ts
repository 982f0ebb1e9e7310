import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {ForwardAttrs} from '../../kernels/attributes';
import {select} from '../../kernels/elementwise';
import type {ForwardKind} from '../engines/types';

/**
 * A masked forward pass for a backend whose kernels take no masks: logits that the mask takes out become -Infinity, and the
 * results of rows that have nothing else are corrected afterwards.
 */
export function maskedBySelection(kind: ForwardKind, logits: Tensor, mask: Tensor, attrs: ForwardAttrs): Tensor {
  return tf.tidy(() => {
    const {scale} = attrs;
    // The kernel multiplies by the scale: what becomes -Infinity depends on its sign, and with 0 nothing does.
    const below = scale < 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    const inputs = {logits: select(mask, scale === 0 ? tf.mul(logits, 0) : logits, below)};
    const result = tf.engine().runKernel<Tensor>(kind, inputs, {...attrs, scale: scale || 1});
    if (kind === 'logSumExp') return result;
    return select(mask, result, kind === 'softmax' ? 0 : Number.NEGATIVE_INFINITY);
  });
}
