import {broadcast_util, notEqual, Tensor, type TensorInfo, type TensorLike, util} from '@tensorflow/tfjs-core';
import type {Mask, Run} from '../backends/backend';
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

/** Where the rows of the logits find their part of the mask. */
export function maskAlong(tensor: TensorInfo, shape: number[], axis: number): Mask {
  const missing = shape.length - tensor.shape.length;
  const lengths = shape.map((_, i) => tensor.shape[i - missing] ?? 1);
  const strides = util.computeStrides(lengths).concat(1);
  const steps = lengths.map((length, i) => (length === 1 ? 0 : strides[i]!));
  return {
    tensor,
    step: steps[axis] ?? 0,
    outer: runs(shape.slice(0, axis), steps.slice(0, axis)),
    inner: runs(shape.slice(axis + 1), steps.slice(axis + 1)),
  };
}

/** Those dimensions, as few as may be: neighbours become one where the step goes on. */
function runs(lengths: number[], steps: number[]): Run[] {
  const merged: Run[] = [];
  lengths.forEach((length, d) => {
    const step = steps[d]!;
    const before = merged.at(-1);
    if (before && before.step === length * step) merged[merged.length - 1] = {length: before.length * length, step};
    else if (length > 1) merged.push({length, step});
  });
  return merged;
}

/**
 * Rows `from` to `from + count` of those that runs number through, as pieces of the innermost run.
 * @param visit is told the first row of a piece, how many there are, and where the mask of the first begins
 */
export function forEachPiece(
  all: Run[],
  from: number,
  count: number,
  visit: (first: number, rows: number, maskAt: number) => void,
): void {
  const length = all.at(-1)?.length ?? 1;
  for (let row = from; row < from + count; ) {
    const rows = Math.min(length - (row % length), from + count - row);
    let maskAt = 0;
    let rest = row;
    for (let d = all.length - 1; d >= 0; d--) {
      const run = all[d]!;
      maskAt += (rest % run.length) * run.step;
      rest = Math.floor(rest / run.length);
    }
    visit(row, rows, maskAt);
    row += rows;
  }
}
