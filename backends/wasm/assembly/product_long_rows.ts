// Jacobian products on contiguous rows of four or more, one row at a time: a sweep for t, a sweep for the product.

import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, SOFTMAX_PRODUCT, productOf, summand} from './product';
import {lanesFrom, promoteHigh, promoteLow, sumOfDoubles} from './simd';

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
  let sum = f32x4.splat(0);
  while (i <= last) {
    sum = f32x4.add(sum, summand(v128.load(y + i), v128.load(v + i), kind));
    i += 16;
  }
  if (i < bytes) {
    let end = summand(v128.load(y + last), v128.load(v + last), kind);
    sum = f32x4.add(sum, v128.and(end, lanesFrom(i32((i - last) >> 2))));
  }
  return sumOfDoubles(f64x2.add(f64x2.add(low, promoteLow(sum)), f64x2.add(high, promoteHigh(sum))));
}

@inline function rows(y: usize, v: usize, out: usize, count: u32, n: u32, factor: f64, kind: i32): void {
  let bytes = usize(n) << 2;
  let factors = f32x4.splat(f32(factor));
  let whole = bytes & ~63;
  let last = bytes - 16;
  do {
    let t = f32x4.splat(f32(total(y, v, bytes, kind)));
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
