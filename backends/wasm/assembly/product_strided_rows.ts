// Jacobian products on rows with a stride (inner) of four or more: a chunk of rows side by side at a time, a row a lane,
// step by step along the axis. These sweeps wait for memory, which comes fastest in the order in which it lies.
//
// The sums of the chunk's rows have their place in the output, which has no results yet. The kind is known only at run
// time: three copies would not fit the budget.

import {remainder} from './divide';
import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, SOFTMAX_PRODUCT, productOf, summand} from './product';
import {demote, promoteHigh, promoteLow} from './simd';

/** Bytes of a chunk. */
const WIDTH: usize = 1024;

/**
 * The products of rows of two or more in a chunk of `width` bytes, a multiple of 16.
 *
 * Four summands a row are added as floats before they go to doubles, which stand in the first two steps of the output: the
 * sums of lanes 0 and 1 in the first, of 2 and 3 in the second. Then their place is taken by the sums as floats, and what
 * rounding has left of them. The last sweep goes backwards, four steps at a time: those first ones are its last.
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
      let y0 = column + i;
      let s = f32x4.splat(0);
      if (size == four) {
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
        s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
      } else {
        let stop = y0 + size;
        do {
          s = f32x4.add(s, summand(v128.load(y0), v128.load(y0 + toV), kind));
          y0 += step;
        } while (y0 < stop);
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
    let low = v128.load(sums);
    let high = v128.load(sums + step);
    let t = demote(low, high);
    v128.store(sums, t);
    v128.store(sums + step, remainder(low, high, t));
    sums += 16;
  } while (sums < right);

  do {
    i -= four;
    let size = min(four, end - i);
    let column = out;
    do {
      let t = v128.load(column);
      let rest = v128.load(column + step);
      let to = column + i;
      let stop = to + size;
      do {
        let from = to - toOut;
        v128.store(to, productOf(v128.load(from), v128.load(from + toV), t, rest, factor, kind));
        to += step;
      } while (to < stop);
      column += 16;
    } while (column < right);
  } while (i);
}

function rows(y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, kind: i32): void {
  let factors = f32x4.splat(f32(factor));
  let step = usize(inner) << 2;
  let whole = step & ~15;
  do {
    let c: usize = 0;
    do {
      let width = min(WIDTH, whole - c);
      chunk(y + c, v + c, out + c, width, n, step, factors, kind);
      c += width;
    } while (c < whole);
    // A last vector, which overlaps the one before.
    c = step - 16;
    if (whole < step) chunk(y + c, v + c, out + c, 16, n, step, factors, kind);
    y += n * step;
    v += n * step;
    out += n * step;
  } while (--outer);
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
