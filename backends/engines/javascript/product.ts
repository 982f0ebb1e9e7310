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
      let t = 0;
      if (kind === 'logSoftmaxVjp') {
        for (let k = start; k < end; k += inner) t += v[k]!;
        for (let k = start; k < end; k += inner) out[k] = factor * (v[k]! - y[k]! * t);
        continue;
      }
      for (let k = start; k < end; k += inner) t += y[k]! * v[k]!;
      if (kind === 'softmaxProduct') for (let k = start; k < end; k += inner) out[k] = factor * y[k]! * (v[k]! - t);
      else for (let k = start; k < end; k += inner) out[k] = factor * (v[k]! - t);
    }
  }
}
