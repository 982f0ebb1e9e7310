import {notEqual, scalar, Tensor, type TensorLike, tensor} from '@tensorflow/tfjs-core';
import {show} from './check';
import {elementwise} from './elementwise';
import {checkTensor, toValues} from './input';

/**
 * Which logits take part: a bool or int32 tensor, or an array of booleans or integers, of a shape that broadcasts to that
 * of the logits. Logits take part where it is true, or not 0.
 */
export type MaskInput = Tensor | TensorLike;

/**
 * The mask, if there is one, as a bool tensor, not yet broadcast.
 * @throws if it is no tensor of booleans or integers, or its shape does not broadcast to that of the logits
 */
export function toMask(op: string, mask: MaskInput | null, shape: number[]): Tensor | null {
  if (mask === null) return null;
  const t = mask instanceof Tensor ? mask : ofNumbers(op, mask);
  checkTensor(op, 'mask', t);
  if (t.dtype !== 'bool' && t.dtype !== 'int32') throw new Error(`${op}: mask has dtype ${t.dtype}. ${ALLOWED}`);
  if (!broadcastsTo(t.shape, shape)) {
    throw new Error(
      `${op}: mask has shape [${t.shape}] and logits have shape [${shape}]. ` +
        'Aligned at the last axis, each length of the mask must be 1 or equal to that of the logits.',
    );
  }
  return t.dtype === 'bool' ? t : elementwise([t], (flat) => notEqual(flat, scalar(0, 'int32')));
}

const ALLOWED =
  'It must be bool or int32, and true or not 0 where a logit takes part: use tf.greater or tf.cast. Add a float mask ' +
  'of 0 and -Infinity to the logits yourself.';

function ofNumbers(op: string, mask: unknown): Tensor {
  const {shape, values} = toValues(op, 'mask', mask, Float64Array);
  const isOfFloats = mask instanceof Float32Array || mask instanceof Float64Array;
  const wrong = isOfFloats ? mask : values.find((value) => !Number.isInteger(value));
  if (wrong !== undefined) throw new Error(`${op}: mask is or holds ${show(wrong)}. ${ALLOWED}`);
  return tensor(
    Uint8Array.from(values, (value) => Number(value !== 0)),
    shape,
    'bool',
  );
}

/** Whether a shape broadcasts to another without changing that. */
export function broadcastsTo(from: number[], to: number[]): boolean {
  const missing = to.length - from.length;
  return missing >= 0 && from.every((length, d) => length === 1 || length === to[missing + d]);
}
