import type {Rows} from '../backends/engines/types';
import {mustBe} from './check';

/** The rows of a tensor of that shape along `axis`, which `resolveAxis` has checked. A scalar is one row of one. */
export function rowsAlong(shape: number[], axis: number): Rows {
  const rows = {outer: 1, n: shape[axis] ?? 1, inner: 1};
  for (let i = 0; i < axis; i++) rows.outer *= shape[i]!;
  for (let i = axis + 1; i < shape.length; i++) rows.inner *= shape[i]!;
  return rows;
}

/** The shape of a reduction along `axis`. */
export function reducedShape(shape: number[], axis: number, keepDims: boolean): number[] {
  if (keepDims) return shape.map((d, i) => (i === axis ? 1 : d));
  return shape.filter((_, i) => i !== axis);
}

/**
 * An axis as an index from the front: -1 is the last. A scalar has axis 0, also written -1, as in PyTorch.
 * @throws if it is not an integer, or not an axis of a tensor of that shape
 */
export function resolveAxis(op: string, axis: number, shape: number[], allowed = 'one integer'): number {
  const rank = Math.max(shape.length, 1);
  if (!Number.isInteger(axis)) throw mustBe(op, 'axis', allowed, axis);
  if (axis < -rank || axis >= rank) {
    throw new Error(
      `${op}: axis ${axis} is out of range for logits of shape [${shape}]. ` +
        `Allowed are ${-rank} to ${rank - 1}; negative ones count from the end.`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}
