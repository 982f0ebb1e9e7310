// Jacobian products on contiguous rows of four or more, one row at a time: a sweep for t, a sweep for the product.

import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, SOFTMAX_PRODUCT, multiplierOf, productOf, summand, totalOf} from './product';
import {demoteBoth, lanesFrom, promoteHigh, promoteLow, sumOfDoubles} from './simd';

/** Σ y, a second result of `total`. */
let ySum: f64 = 0;

@inline function total(y: usize, v: usize, bytes: usize, kind: i32): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let lowY = low;
  let highY = low;
  let i: usize = 0;
  let whole = bytes & ~63;
  if (whole) {
    do {
      let y0 = v128.load(y + i);
      let y1 = v128.load(y + i, 16);
      let y2 = v128.load(y + i, 32);
      let y3 = v128.load(y + i, 48);
      let a0 = summand(y0, v128.load(v + i), kind);
      let a1 = summand(y1, v128.load(v + i, 16), kind);
      let a2 = summand(y2, v128.load(v + i, 32), kind);
      let a3 = summand(y3, v128.load(v + i, 48), kind);
      let sum = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
      let sumY = f32x4.add(f32x4.add(y0, y1), f32x4.add(y2, y3));
      low = f64x2.add(low, promoteLow(sum));
      high = f64x2.add(high, promoteHigh(sum));
      lowY = f64x2.add(lowY, promoteLow(sumY));
      highY = f64x2.add(highY, promoteHigh(sumY));
      i += 64;
    } while (i < whole);
  }
  if (i < bytes) {
    let last = bytes - 16;
    let fresh = i32x4.splat(-1);
    do {
      if (i > last) {
        fresh = lanesFrom(i32((i - last) >> 2));
        i = last;
      }
      let y0 = v128.and(v128.load(y + i), fresh);
      let a0 = v128.and(summand(v128.load(y + i), v128.load(v + i), kind), fresh);
      low = f64x2.add(low, promoteLow(a0));
      high = f64x2.add(high, promoteHigh(a0));
      lowY = f64x2.add(lowY, promoteLow(y0));
      highY = f64x2.add(highY, promoteHigh(y0));
      i += 16;
    } while (i < bytes);
  }
  ySum = sumOfDoubles(f64x2.add(lowY, highY));
  return sumOfDoubles(f64x2.add(low, high));
}

@inline function rows(y: usize, v: usize, out: usize, count: u32, n: u32, factor: f64, kind: i32): void {
  let bytes = usize(n) << 2;
  let whole = bytes & ~63;
  let last = bytes - 16;
  do {
    let sum = f64x2.splat(total(y, v, bytes, kind));
    let sumY = f64x2.splat(ySum);
    let t = demoteBoth(totalOf(sum, sumY));
    let factors = demoteBoth(multiplierOf(factor, sumY, kind));
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
    while (i < last) {
      v128.store(out + i, productOf(v128.load(y + i), v128.load(v + i), t, factors, kind));
      i += 16;
    }
    v128.store(out + last, productOf(v128.load(y + last), v128.load(v + last), t, factors, kind));
    y += bytes;
    v += bytes;
    out += bytes;
  } while (--count);
}

export function softmaxProductLongRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  rows(y, v, out, outer, n, factor, SOFTMAX_PRODUCT);
}

export function logSoftmaxJvpLongRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  rows(y, v, out, outer, n, factor, LOG_SOFTMAX_JVP);
}

export function logSoftmaxVjpLongRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  rows(y, v, out, outer, n, factor, LOG_SOFTMAX_VJP);
}
