import {broadcast_util, cast, Tensor, type TensorInfo, type TensorLike, util} from '@tensorflow/tfjs-core';
import type {Mask} from '../backends/backend';
import {toFloat32} from './input';

/** Which logits take part: booleans of a shape that broadcasts to that of the logits; true stays. */
export type MaskInput = Tensor | TensorLike;

/**
 * The mask as a bool tensor, not yet broadcast.
 * @throws if it is no tensor of booleans, or its shape does not broadcast to that of the logits
 */
export function toMask(op: string, mask: MaskInput, shape: number[]): Tensor {
  const t = mask instanceof Tensor ? mask : cast(toFloat32(op, 'mask', mask), 'bool');
  if (t.isDisposed) throw new Error(`${op}: mask is a tensor that was disposed. Use it before dispose().`);
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

/** Where the rows of the logits find their part of the mask. */
export function maskAlong(tensor: TensorInfo, shape: number[], axis: number): Mask {
  const missing = shape.length - tensor.shape.length;
  const lengths = shape.map((_, i) => tensor.shape[i - missing] ?? 1);
  const strides = util.computeStrides(lengths).concat(1);
  const steps = lengths.map((length, i) => (length === 1 ? 0 : strides[i]!));
  return {
    tensor,
    outer: offsets(shape.slice(0, axis), steps.slice(0, axis)),
    step: steps[axis] ?? 0,
    inner: offsets(shape.slice(axis + 1), steps.slice(axis + 1)),
  };
}

/** The index of each element of those dimensions, in row-major order, where each moves by its step. */
function offsets(lengths: number[], steps: number[]): Int32Array {
  let known = Int32Array.of(0);
  lengths.forEach((length, d) => {
    const longer = new Int32Array(known.length * length);
    known.forEach((offset, i) => {
      for (let k = 0; k < length; k++) longer[i * length + k] = offset + k * steps[d]!;
    });
    known = longer;
  });
  return known;
}
