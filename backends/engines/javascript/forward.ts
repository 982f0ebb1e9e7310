import type {ForwardKind, Rows} from '../types';
import {expOfNonPositive, SMALLEST_NORMAL} from './exp';

/**
 * The forward pass in plain TypeScript: each row is reduced to its maximum m and s = Σ e^(x-m), then mapped. All
 * arithmetic is in doubles, so that the only errors are the roundings to float32 in the end.
 *
 * @param x the logits, of size outer·n·inner
 * @param out the result: of the size of x, or for logSumExp one number a row, outer·inner
 */
export function forward(kind: ForwardKind, x: Float32Array, out: Float32Array, rows: Rows, scale: number): void {
  const {outer, n, inner} = rows;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * n * inner + i;
      const end = start + n * inner;
      const max = maxOfRow(x, start, end, inner, scale);
      if (kind === 'softmax') softmaxOfRow(x, out, start, end, inner, scale, max);
      else if (kind === 'logSumExp') out[o * inner + i] = logSumExpOfRow(x, start, end, inner, scale, max);
      else {
        const logSum = logOfSum(x, start, end, inner, scale, max);
        // In this order: x - m is exact for the logits whose result is near 0.
        for (let k = start; k < end; k += inner) out[k] = scale * x[k]! - max - logSum;
      }
    }
  }
}

/** e^(x-m)/s. The exponentials wait in `out`; a NaN anywhere gets into s, and from there into the whole row. */
function softmaxOfRow(
  x: Float32Array,
  out: Float32Array,
  start: number,
  end: number,
  stride: number,
  scale: number,
  max: number,
): void {
  let sum = 0;
  for (let i = start; i < end; i += stride) {
    const e = expOfNonPositive(scale * x[i]! - max);
    sum += e;
    out[i] = e;
  }
  const reciprocal = 1 / sum;
  for (let i = start; i < end; i += stride) {
    const y = out[i]! * reciprocal;
    out[i] = y < SMALLEST_NORMAL ? 0 : y;
  }
}

/** m + log s; the limit of that where m is infinite, unless a NaN is in the row. */
function logSumExpOfRow(
  x: Float32Array,
  start: number,
  end: number,
  stride: number,
  scale: number,
  max: number,
): number {
  if (Math.abs(max) < Infinity) return max + logOfSum(x, start, end, stride, scale, max);
  for (let i = start; i < end; i += stride) if (Number.isNaN(scale * x[i]!)) return NaN;
  return max;
}

/** max of scale·x from `start` to `end`. It passes over NaN: the sum is what carries that. */
export function maxOfRow(x: Float32Array, start: number, end: number, stride: number, scale: number): number {
  let max = -Infinity;
  for (let i = start; i < end; i += stride) {
    const t = scale * x[i]!;
    if (t > max) max = t;
  }
  return max;
}

/**
 * log s as log1p of the sum of all but one maximal element: with a confident maximum s = 1 + tiny, and what would be
 * lost in s is the whole result.
 */
export function logOfSum(
  x: Float32Array,
  start: number,
  end: number,
  stride: number,
  scale: number,
  max: number,
): number {
  let others = -1;
  for (let i = start; i < end; i += stride) others += expOfNonPositive(scale * x[i]! - max);
  if (others < 1e-3) {
    others = 0;
    let left = 1;
    for (let i = start; i < end; i += stride) {
      const t = scale * x[i]! - max;
      if (t === 0 && left > 0) left--;
      else others += expOfNonPositive(t);
    }
  }
  return Math.log1p(others);
}
