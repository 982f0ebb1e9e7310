/** What ops are tried out with, what they have to give, and whether they did. */
import type {Row} from '../../kernels/reference';
import {REFERENCE} from '../../kernels/reference_table';
import type {Rows} from '../engines/types';
import {isClose} from './agreement';
import {factsOf} from './facts';
import type {Op} from './ops';
import type {Task} from './workload';

/** At most so many elements of a result are compared with the reference, which is slow: whole rows, at least one. */
const CHECKED_ELEMENTS = 1 << 15;
const CHECKED_ROWS = 3;

/** Logits on (-6, 6), as a network might have them, without a pattern in a row; the same in every run. */
export function sampleInputs({op, elements}: Task): Float32Array[] {
  const period = 4093; // a prime, so that rows differ
  const wave = Float32Array.from({length: period}, (_, i) => 6 * Math.sin(i * i));
  const x = new Float32Array(elements);
  for (let i = 0; i < elements; i++) x[i] = wave[i % period]!;
  return REFERENCE[op].takesVector ? [x, x.map((value) => value / 6)] : [x];
}

/** A row of the result as it should be, in float64. */
export interface ExpectedRow {
  outer: number;
  inner: number;
  values: Row;
  /** What errors are relative to: the largest of the numbers whose sums these are. */
  size: number;
}

/**
 * What some rows of the result should be: the last, the first, and those between as far as the time allows.
 *
 * @param v the vector, of ops that take one
 */
export function expectedRows(op: Op, x: Float32Array, v: Float32Array | undefined, rows: Rows): ExpectedRow[] {
  const {outer, n, inner} = rows;
  if (x.length === 0) return [];
  const count = Math.min(CHECKED_ROWS, outer * inner, Math.max(1, Math.floor(CHECKED_ELEMENTS / n)));
  return Array.from({length: count}, (_, i) => {
    // The last row comes first: what goes wrong with many rows goes wrong there.
    const row = Math.round((1 - i / Math.max(count - 1, 1)) * (outer * inner - 1));
    const [logits, vector] = [rowOf(x, rows, row), v ? rowOf(v, rows, row) : []];
    const {value, magnitude} = REFERENCE[op];
    const size = magnitude(logits, vector).reduce((most, one) => Math.max(most, one), 0);
    return {outer: Math.floor(row / inner), inner: row % inner, values: value(logits, vector), size};
  });
}

export function rowOf(values: ArrayLike<number>, {n, inner}: Rows, row: number): Float64Array {
  return new Float64Array(n).map((_, j) => values[placeOf(row, j, n, inner)]!);
}

/** Where the element of a row is, of that many. */
function placeOf(row: number, j: number, n: number, inner: number): number {
  return (Math.floor(row / inner) * n + j) * inner + (row % inner);
}

/**
 * Whether a result is right: within the tolerance of the size of its row, since gradients cancel.
 *
 * @returns null if it is, or what is wrong with it
 */
export function mismatch(result: ArrayLike<number>, expected: ExpectedRow[], inner: number, tolerance: number) {
  for (const {outer, inner: i, values, size} of expected) {
    const wrong = wrongInRow(result, outer * inner + i, inner, values, tolerance * size);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** What is wrong with a row of a result; null if nothing is. */
export function wrongInRow(result: ArrayLike<number>, row: number, inner: number, values: Row, tolerance: number) {
  for (let j = 0; j < values.length; j++) {
    const [is, shouldBe] = [result[placeOf(row, j, values.length, inner)], values[j]!];
    if (!isClose(is, shouldBe, tolerance)) return wrongNumber(is, shouldBe, `row ${row}, element ${j}`);
  }
  return null;
}

export function wrongNumber(is: number | undefined, shouldBe: number, where: string): string {
  return `gives ${is} where ${shouldBe} is right (${where})`;
}

/**
 * How far a result may be off, relative to the size of its row. It tells wrong from right, not exact from less
 * exact: a GPU's exp may be off by 2^-17 at -20, ops composed of those by some times that, half floats by 2^-11 an op.
 */
export function toleranceOf(backend: string): number {
  return factsOf(backend)?.halfFloats?.() ? 2e-2 : 1e-4;
}
