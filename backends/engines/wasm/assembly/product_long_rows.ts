// Jacobian products on contiguous rows of four or more, one row at a time: a sweep for t, a sweep for the product. The
// last vector of a row overlaps the one before where n is no multiple of four.

import {quotient, smallestNormal} from './divide';
import {exactFactor, isExactScale} from './kinds';
import {expsOfRow, setMask, wide} from './long_rows';
import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, SOFTMAX_PRODUCT, productOf, summand} from './product';
import {lanesFrom, promoteHigh, promoteLow, sumOfDoubles} from './simd';

/** The bytes that go through the unrolled loops: none in forward mode, which is too rare to have them. */
@inline function unrolledBytes(bytes: usize, kind: i32): usize {
  return kind == LOG_SOFTMAX_JVP ? 0 : bytes & ~63;
}

/** Sixteen summands are added as floats before they go to doubles. */
@inline function total(y: usize, v: usize, bytes: usize, kind: i32): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let i: usize = 0;
  let whole = bytes & ~63;
  if (whole) {
    do {
      let a0 = summand(v128.load(y + i), v128.load(v + i), kind);
      let a1 = summand(v128.load(y + i, 16), v128.load(v + i, 16), kind);
      let a2 = summand(v128.load(y + i, 32), v128.load(v + i, 32), kind);
      let a3 = summand(v128.load(y + i, 48), v128.load(v + i, 48), kind);
      let sum = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
      low = f64x2.add(low, promoteLow(sum));
      high = f64x2.add(high, promoteHigh(sum));
      i += 64;
    } while (i < whole);
  }
  let last = bytes - 16;
  let countedLanes = i32x4.splat(-1);
  while (i < bytes) {
    if (i > last) {
      countedLanes = lanesFrom(i32((i - last) >> 2));
      i = last;
    }
    let a = v128.and(summand(v128.load(y + i), v128.load(v + i), kind), countedLanes);
    low = f64x2.add(low, promoteLow(a));
    high = f64x2.add(high, promoteHigh(a));
    i += 16;
  }
  return sumOfDoubles(f64x2.add(low, high));
}

function totalOfProducts(y: usize, v: usize, bytes: usize): f64 {
  return total(y, v, bytes, SOFTMAX_PRODUCT);
}

export function totalOf(v: usize, bytes: usize): f64 {
  return total(v, v, bytes, LOG_SOFTMAX_VJP);
}

@inline function rows(y: usize, v: usize, out: usize, count: u32, n: u32, factor: f64, kind: i32): void {
  let bytes = usize(n) << 2;
  let factors = f32x4.splat(f32(factor));
  let whole = unrolledBytes(bytes, kind);
  let last = bytes - 16;
  do {
    let t = f32x4.splat(f32(kind == LOG_SOFTMAX_VJP ? totalOf(v, bytes) : totalOfProducts(y, v, bytes)));
    let i: usize = 0;
    if (whole) {
      do {
        let p0 = productOf(v128.load(y + i), v128.load(v + i), t, factors, kind);
        let p1 = productOf(v128.load(y + i, 16), v128.load(v + i, 16), t, factors, kind);
        let p2 = productOf(v128.load(y + i, 32), v128.load(v + i, 32), t, factors, kind);
        let p3 = productOf(v128.load(y + i, 48), v128.load(v + i, 48), t, factors, kind);
        v128.store(out + i, p0);
        v128.store(out + i, p1, 16);
        v128.store(out + i, p2, 32);
        v128.store(out + i, p3, 48);
        i += 64;
      } while (i < whole);
    }
    while (i < bytes) {
      let at = min(i, last);
      v128.store(out + at, productOf(v128.load(y + at), v128.load(v + at), t, factors, kind));
      i += 16;
    }
    y += bytes;
    v += bytes;
    out += bytes;
  } while (--count);
}

export function softmaxProductLongRows(
  y: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, v: usize,
): void {
  rows(y, v, out, outer, n, factor, SOFTMAX_PRODUCT);
}

export function logSoftmaxJvpLongRows(
  y: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, v: usize,
): void {
  rows(y, v, out, outer, n, factor, LOG_SOFTMAX_JVP);
}

export function logSoftmaxVjpLongRows(
  y: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, v: usize,
): void {
  rows(y, v, out, outer, n, factor, LOG_SOFTMAX_VJP);
}

/**
 * y = (v - y / sum · t) · factor on a row, in place; the overlapping end is read before the sweep that rewrites part of it.
 */
@inline function subtractTimes(
  y: usize, v: usize, bytes: usize, reciprocal: v128, least: v128, t: v128, factor: v128, wide: bool,
): void {
  let last = bytes - 16;
  let p = quotient(v128.load(y + last), reciprocal, least, wide);
  let end = productOf(p, v128.load(v + last), t, factor, LOG_SOFTMAX_VJP);
  let i: usize = 0;
  do {
    p = quotient(v128.load(y + i), reciprocal, least, wide);
    v128.store(y + i, productOf(p, v128.load(v + i), t, factor, LOG_SOFTMAX_VJP));
    i += 16;
  } while (i < last);
  v128.store(y + last, end);
}

export function subtractTimesNarrow(y: usize, v: usize, bytes: usize, sum: f64, total: f64, factor: v128): void {
  let reciprocal = f32x4.splat(f32(1 / sum));
  subtractTimes(y, v, bytes, reciprocal, reciprocal, f32x4.splat(f32(total)), factor, false);
}

/** In a wide row neither y / sum is to be subnormal nor its product with t. */
export function subtractTimesWide(y: usize, v: usize, bytes: usize, sum: f64, total: f64, factor: v128): void {
  let smallest = f64x2.splat(sum * max(1, 1 / abs(total)));
  let least = smallestNormal(smallest, smallest);
  subtractTimes(y, v, bytes, f32x4.splat(f32(1 / sum)), least, f32x4.splat(f32(total)), factor, true);
}

/** logSoftmaxVjp from the logits themselves, as backpropagation needs it, times the scale: one pass over each row. */
export function logSoftmaxGradientLongRows(
  x: usize, out: usize, outer: u32, n: u32, inner: u32, scale: f64, v: usize,
): void {
  setMask(0);
  let bytes = usize(n) << 2;
  let factor = f32x4.splat(exactFactor(scale));
  let exact = isExactScale(scale);
  do {
    let sum = expsOfRow(x, out, bytes, scale, factor, exact, false);
    let total = totalOf(v, bytes);
    if (!exact || wide) subtractTimesWide(out, v, bytes, sum, total, f32x4.splat(f32(scale)));
    else subtractTimesNarrow(out, v, bytes, sum, total, f32x4.splat(f32(scale)));
    x += bytes;
    v += bytes;
    out += bytes;
  } while (--outer);
}
