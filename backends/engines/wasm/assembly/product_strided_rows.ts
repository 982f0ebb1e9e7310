// Jacobian products on rows with a stride (inner) of four or more: a chunk of rows side by side at a time, a row a lane,
// step by step along the axis. These sweeps wait for memory, which comes fastest in the order in which it lies.
//
// The sums of the chunk's rows have their place in the output, which has no results yet. The kind is known only at run
// time: three copies would not fit the budget.
//
// (y, out, outer, n, inner, factor, v, 0, columns)
//   columns  how many of the `inner` rows of each block to compute, four at least; 0 for all

import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, SOFTMAX_PRODUCT, productOf, summand} from './product';
import {demote, promoteHigh, promoteLow} from './simd';

/** Bytes of a chunk. */
const WIDTH: usize = 1024;

/** The sum of four summands a row, `step` bytes apart: as floats, before they go to doubles. */
@inline function sumOfFour(y0: usize, toV: usize, step: usize, kind: i32): v128 {
  let y1 = y0 + step;
  let y2 = y1 + step;
  let y3 = y2 + step;
  let s0 = v128.load(y0 + toV);
  let s1 = v128.load(y1 + toV);
  let s2 = v128.load(y2 + toV);
  let s3 = v128.load(y3 + toV);
  if (kind != LOG_SOFTMAX_VJP) {
    s0 = f32x4.mul(s0, v128.load(y0));
    s1 = f32x4.mul(s1, v128.load(y1));
    s2 = f32x4.mul(s2, v128.load(y2));
    s3 = f32x4.mul(s3, v128.load(y3));
  }
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}

/** Four elements a row of what `productOf` says; the kind is asked once for all. */
@inline function productsOfFour(
  y0: usize, toV: usize, toOut: usize, step: usize, t: v128, factor: v128, kind: i32,
): void {
  let y1 = y0 + step;
  let y2 = y1 + step;
  let y3 = y2 + step;
  let p0 = v128.load(y0);
  let p1 = v128.load(y1);
  let p2 = v128.load(y2);
  let p3 = v128.load(y3);
  let v0 = v128.load(y0 + toV);
  let v1 = v128.load(y1 + toV);
  let v2 = v128.load(y2 + toV);
  let v3 = v128.load(y3 + toV);
  if (kind == LOG_SOFTMAX_VJP) {
    v0 = f32x4.sub(v0, f32x4.mul(p0, t));
    v1 = f32x4.sub(v1, f32x4.mul(p1, t));
    v2 = f32x4.sub(v2, f32x4.mul(p2, t));
    v3 = f32x4.sub(v3, f32x4.mul(p3, t));
  } else {
    v0 = f32x4.sub(v0, t);
    v1 = f32x4.sub(v1, t);
    v2 = f32x4.sub(v2, t);
    v3 = f32x4.sub(v3, t);
  }
  let f0 = factor;
  let f1 = factor;
  let f2 = factor;
  let f3 = factor;
  if (kind == SOFTMAX_PRODUCT) {
    f0 = f32x4.mul(p0, factor);
    f1 = f32x4.mul(p1, factor);
    f2 = f32x4.mul(p2, factor);
    f3 = f32x4.mul(p3, factor);
  }
  v128.store(y0 + toOut, f32x4.mul(v0, f0));
  v128.store(y1 + toOut, f32x4.mul(v1, f1));
  v128.store(y2 + toOut, f32x4.mul(v2, f2));
  v128.store(y3 + toOut, f32x4.mul(v3, f3));
}

/**
 * The products of rows of two or more in a chunk of `width` bytes, a multiple of 16.
 *
 * The sums stand in the first two steps of the output: those of lanes 0 and 1 in the first, of 2 and 3 in the second. Then
 * the sums as floats take the place in the first. The last sweep goes backwards, four steps at a time, so that it reaches
 * that place last.
 */
function chunk(y: usize, v: usize, out: usize, width: usize, n: u32, step: usize, factor: v128, kind: i32): void {
  let end = usize(n) * step;
  let four = 4 * step;
  let toV = v - y;
  let toOut = out - y;
  let right = y + width;
  let i: usize = 0;
  do {
    let size = min(four, end - i);
    let column = y;
    do {
      let at = column + i;
      let s = f32x4.splat(0);
      if (size == four) s = sumOfFour(at, toV, step, kind);
      else {
        let stop = at + size;
        do {
          s = f32x4.add(s, summand(v128.load(at), v128.load(at + toV), kind));
          at += step;
        } while (at < stop);
      }
      let sums = column + toOut;
      let low = promoteLow(s);
      let high = promoteHigh(s);
      if (i) {
        low = f64x2.add(low, v128.load(sums));
        high = f64x2.add(high, v128.load(sums + step));
      }
      v128.store(sums, low);
      v128.store(sums + step, high);
      column += 16;
    } while (column < right);
    i += four;
  } while (i < end);

  right = out + width;
  let sums = out;
  do {
    v128.store(sums, demote(v128.load(sums), v128.load(sums + step)));
    sums += 16;
  } while (sums < right);

  do {
    i -= four;
    let size = min(four, end - i);
    sums = out;
    do {
      let t = v128.load(sums);
      let at = sums - toOut + i;
      if (size == four) productsOfFour(at, toV, toOut, step, t, factor, kind);
      else {
        let stop = at + size;
        do {
          v128.store(at + toOut, productOf(v128.load(at), v128.load(at + toV), t, factor, kind));
          at += step;
        } while (at < stop);
      }
      sums += 16;
    } while (sums < right);
  } while (i);
}

function rows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, columns: u32, kind: i32,
): void {
  let factors = f32x4.splat(f32(factor));
  let step = usize(inner) << 2;
  let all = usize(columns ? columns : inner) << 2;
  let whole = all & ~15;
  do {
    let c: usize = 0;
    do {
      let width = min(WIDTH, whole - c);
      chunk(y + c, v + c, out + c, width, n, step, factors, kind);
      c += width;
    } while (c < whole);
    // A last vector, which overlaps the one before.
    c = all - 16;
    if (whole < all) chunk(y + c, v + c, out + c, 16, n, step, factors, kind);
    y += n * step;
    v += n * step;
    out += n * step;
  } while (--outer);
}

export function softmaxProductStridedRows(
  y: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, v: usize, none: usize, columns: u32,
): void {
  rows(y, v, out, outer, n, inner, factor, columns, SOFTMAX_PRODUCT);
}

export function logSoftmaxJvpStridedRows(
  y: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, v: usize, none: usize, columns: u32,
): void {
  rows(y, v, out, outer, n, inner, factor, columns, LOG_SOFTMAX_JVP);
}

export function logSoftmaxVjpStridedRows(
  y: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, v: usize, none: usize, columns: u32,
): void {
  rows(y, v, out, outer, n, inner, factor, columns, LOG_SOFTMAX_VJP);
}
