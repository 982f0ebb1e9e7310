// Jacobian products on rows with a stride (inner) of four or more: sixteen at a time, a row a lane; see
// strided_rows.ts. The kind is known only at run time: these sweeps wait for memory, and three copies would not fit the
// budget.

import {remainder} from './divide';
import {vectorOffset, vectorsPerBlock} from './places';
import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, SOFTMAX_PRODUCT, productOf, summand} from './product';
import {demote, promoteHigh, promoteLow} from './simd';

/** Four vectors of rows of y at y0 to y3; v and the result are `toV` and `toOut` bytes further on. */
@inline function sixteenRows(
  y0: usize, y1: usize, y2: usize, y3: usize, toV: usize, toOut: usize,
  n: u32, step: usize, factor: v128, kind: i32,
): void {
  let end = usize(n) * step;
  let low0 = f64x2.splat(0);
  let low1 = low0;
  let low2 = low0;
  let low3 = low0;
  let high0 = low0;
  let high1 = low0;
  let high2 = low0;
  let high3 = low0;
  let i: usize = 0;
  do {
    // Four summands a row are added as floats before they go to doubles.
    let stop = i + 4 * step;
    stop = stop < end ? stop : end;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    do {
      s0 = f32x4.add(s0, summand(v128.load(y0 + i), v128.load(y0 + toV + i), kind));
      s1 = f32x4.add(s1, summand(v128.load(y1 + i), v128.load(y1 + toV + i), kind));
      s2 = f32x4.add(s2, summand(v128.load(y2 + i), v128.load(y2 + toV + i), kind));
      s3 = f32x4.add(s3, summand(v128.load(y3 + i), v128.load(y3 + toV + i), kind));
      i += step;
    } while (i < stop);
    low0 = f64x2.add(low0, promoteLow(s0));
    low1 = f64x2.add(low1, promoteLow(s1));
    low2 = f64x2.add(low2, promoteLow(s2));
    low3 = f64x2.add(low3, promoteLow(s3));
    high0 = f64x2.add(high0, promoteHigh(s0));
    high1 = f64x2.add(high1, promoteHigh(s1));
    high2 = f64x2.add(high2, promoteHigh(s2));
    high3 = f64x2.add(high3, promoteHigh(s3));
  } while (i < end);
  let t0 = demote(low0, high0);
  let t1 = demote(low1, high1);
  let t2 = demote(low2, high2);
  let t3 = demote(low3, high3);
  let rest0 = remainder(low0, high0, t0);
  let rest1 = remainder(low1, high1, t1);
  let rest2 = remainder(low2, high2, t2);
  let rest3 = remainder(low3, high3, t3);
  i = 0;
  do {
    let p0 = productOf(v128.load(y0 + i), v128.load(y0 + toV + i), t0, rest0, factor, kind);
    let p1 = productOf(v128.load(y1 + i), v128.load(y1 + toV + i), t1, rest1, factor, kind);
    let p2 = productOf(v128.load(y2 + i), v128.load(y2 + toV + i), t2, rest2, factor, kind);
    let p3 = productOf(v128.load(y3 + i), v128.load(y3 + toV + i), t3, rest3, factor, kind);
    v128.store(y0 + toOut + i, p0);
    v128.store(y1 + toOut + i, p1);
    v128.store(y2 + toOut + i, p2);
    v128.store(y3 + toOut + i, p3);
    i += step;
  } while (i < end);
}

function rows(y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, kind: i32): void {
  let step = usize(inner) << 2;
  let factors = f32x4.splat(f32(factor));
  let last = outer * vectorsPerBlock(inner) - 1;
  let vector: u32 = 0;
  do {
    let y0 = y + vectorOffset(vector, n, inner);
    let y1 = y + vectorOffset(min(vector + 1, last), n, inner);
    let y2 = y + vectorOffset(min(vector + 2, last), n, inner);
    let y3 = y + vectorOffset(min(vector + 3, last), n, inner);
    sixteenRows(y0, y1, y2, y3, v - y, out - y, n, step, factors, kind);
    vector += 4;
  } while (vector <= last);
}

export function softmaxProductStridedRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  rows(y, v, out, outer, n, inner, factor, SOFTMAX_PRODUCT);
}

export function logSoftmaxJvpStridedRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  rows(y, v, out, outer, n, inner, factor, LOG_SOFTMAX_JVP);
}

export function logSoftmaxVjpStridedRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  rows(y, v, out, outer, n, inner, factor, LOG_SOFTMAX_VJP);
}
