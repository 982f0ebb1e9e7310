import {broadcast_util, notEqual, Tensor, type TensorLike, util} from '@tensorflow/tfjs-core';
import {checkTensor, toFloat32} from './input';

/** Which logits take part: booleans of a shape that broadcasts to that of the logits; true stays. */
export type MaskInput = Tensor | TensorLike;

/**
 * The mask as a bool tensor, not yet broadcast.
 * @throws if it is no tensor of booleans, or its shape does not broadcast to that of the logits
 */
export function toMask(op: string, mask: MaskInput, shape: number[]): Tensor {
  const t = mask instanceof Tensor ? mask : notEqual(toFloat32(op, 'mask', mask), 0);
  checkTensor(op, 'mask', t);
  if (t.dtype !== 'bool') {
    throw new Error(
      `${op}: mask has dtype ${t.dtype}. It must be bool, true where a logit takes part: see tf.greater, or tf.cast.`,
    );
  }
  if (!broadcastsTo(t.shape, shape)) {
    throw new Error(
      `${op}: mask has shape [${t.shape}] and logits have shape [${shape}]. ` +
        'Aligned at the last axis, each length of the mask must be 1 or that of the logits.',
    );
  }
  return t;
}

/** Whether a shape broadcasts to another without changing that. */
export function broadcastsTo(from: number[], to: number[]): boolean {
  try {
    return util.arraysEqual(broadcast_util.assertAndGetBroadcastShape(from, to), to);
  } catch {
    return false;
  }
}
