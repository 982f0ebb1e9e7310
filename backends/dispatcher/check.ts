import type {Row} from '../../kernels/reference';
import {REFERENCE} from '../../kernels/reference_table';
import type {Rows} from '../engines/types';
import {factsOf} from './facts';
import type {Op} from './ops';

/** At most so many elements of a result are compared with the reference, which is slow: whole rows, at least one. */
const CHECKED_ELEMENTS = 1 << 15;
const CHECKED_ROWS = 3;

/** A row of the result as it should be, in float64. */
export interface ExpectedRow {
  outer: number;
  inner: number;
  values: Row;
  /** What errors are relative to: the largest of the numbers whose sums these are. */
  size: number;
}

/** What some rows of the result should be: the last, the first, and those between as far as the time allows. */
export function expectedRows(op: Op, x: Float32Array, v: Float32Array, rows: Rows, most = CHECKED_ROWS): ExpectedRow[] {
  const {outer, n, inner} = rows;
  const count = Math.min(most, outer * inner, Math.max(1, Math.floor(CHECKED_ELEMENTS / n)));
  return Array.from({length: count}, (_, i) => {
    // The last row comes first: what goes wrong with many rows goes wrong there.
    const row = Math.round((1 - i / Math.max(count - 1, 1)) * (outer * inner - 1));
    const at = {outer: Math.floor(row / inner), inner: row % inner};
    const [logits, vector] = [rowOf(x, rows, at), rowOf(v, rows, at)];
    const {value, magnitude} = REFERENCE[op];
    const size = magnitude(logits, vector).reduce((most, one) => Math.max(most, one), 0);
    return {...at, values: value(logits, vector), size};
  });
}

function rowOf(values: Float32Array, {n, inner}: Rows, at: {outer: number; inner: number}): Float64Array {
  return new Float64Array(n).map((_, j) => values[(at.outer * n + j) * inner + at.inner]!);
}

/**
 * Whether a result is right: within the tolerance of the size of its row, since gradients cancel.
 *
 * @returns null if it is, or what is wrong with it
 */
export function mismatch(result: ArrayLike<number>, expected: ExpectedRow[], inner: number, tolerance: number) {
  for (const {outer, inner: i, values, size} of expected) {
    const m = values.length;
    for (let j = 0; j < m; j++) {
      const [is, shouldBe] = [result[(outer * m + j) * inner + i], values[j]!];
      if (!(Math.abs(is! - shouldBe) <= tolerance * size)) {
        return `gives ${is} where ${shouldBe} is right (row ${outer * inner + i}, element ${j})`;
      }
    }
  }
  return null;
}

/**
 * How far a result may be off, relative to the size of its row. It tells wrong from right, not exact from less
 * exact: a GPU's exp may be off by 2^-17 at -20, ops composed of those by some times that, half floats by 2^-11 an op.
 */
export function toleranceOf(backend: string): number {
  return factsOf(backend)?.halfFloats?.() ? 2e-2 : 1e-4;
}
