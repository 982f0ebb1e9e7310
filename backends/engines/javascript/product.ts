import type {ProductKind, Rows} from '../types';

/**
 * The Jacobian products in plain TypeScript: each row is reduced to one number t, then mapped. Sums are in doubles.
 *
 * @param y the probabilities, @param v the vector, @param out the result: all of size outer·n·inner
 */
export function product(
  kind: ProductKind,
  y: Float32Array,
  v: Float32Array,
  out: Float32Array,
  rows: Rows,
  factor: number,
): void {
  const {outer, n, inner} = rows;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * n * inner + i;
      const end = start + n * inner;
      if (kind === 'logSoftmaxVjp') {
        const t = sum(v, start, end, inner);
        for (let k = start; k < end; k += inner) out[k] = factor * (v[k]! - y[k]! * t);
      } else {
        const t = dot(y, v, start, end, inner);
        if (kind === 'softmaxProduct') {
          for (let k = start; k < end; k += inner) out[k] = factor * y[k]! * (v[k]! - t);
        } else {
          for (let k = start; k < end; k += inner) out[k] = factor * (v[k]! - t);
        }
      }
    }
  }
}

function dot(y: Float32Array, v: Float32Array, start: number, end: number, stride: number): number {
  let total = 0;
  for (let k = start; k < end; k += stride) total += y[k]! * v[k]!;
  return total;
}

function sum(v: Float32Array, start: number, end: number, stride: number): number {
  let total = 0;
  for (let k = start; k < end; k += stride) total += v[k]!;
  return total;
}
