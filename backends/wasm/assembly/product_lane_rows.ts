// Jacobian products on four rows at once, a row a lane: for any stride and length. See lane_rows.ts for the two ways.

import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, SOFTMAX_PRODUCT, productOf, summand} from './product';
import {demote, loadLanes, promoteHigh, promoteLow, storeLanes} from './simd';

/** Four rows of y at y0 to y3; v and the result are `toV` and `toOut` bytes further on. */
@inline function fourRows(
  y0: usize, y1: usize, y2: usize, y3: usize, toV: usize, toOut: usize,
  n: u32, step: usize, factor: v128, apart: bool, kind: i32,
): void {
  let end = usize(n) * step;
  let low = f64x2.splat(0);
  let high = low;
  let i: usize = 0;
  do {
    let stop = i + 4 * step;
    stop = stop < end ? stop : end;
    let sum = f32x4.splat(0);
    do {
      let y = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i, apart);
      let v = loadLanes(y0 + toV + i, y1 + toV + i, y2 + toV + i, y3 + toV + i, apart);
      sum = f32x4.add(sum, summand(y, v, kind));
      i += step;
    } while (i < stop);
    low = f64x2.add(low, promoteLow(sum));
    high = f64x2.add(high, promoteHigh(sum));
  } while (i < end);
  let t = demote(low, high);
  i = 0;
  do {
    let y = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i, apart);
    let v = loadLanes(y0 + toV + i, y1 + toV + i, y2 + toV + i, y3 + toV + i, apart);
    storeLanes(
      y0 + toOut + i, y1 + toOut + i, y2 + toOut + i, y3 + toOut + i, productOf(y, v, t, factor, kind), apart,
    );
    i += step;
  } while (i < end);
}

/** Sixteen rows side by side, a whole cache line at each step along the axis. */
@inline function sixteenRows(y: usize, v: usize, out: usize, n: u32, step: usize, factor: v128, kind: i32): void {
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
    let stop = i + 4 * step;
    stop = stop < end ? stop : end;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    do {
      s0 = f32x4.add(s0, summand(v128.load(y + i), v128.load(v + i), kind));
      s1 = f32x4.add(s1, summand(v128.load(y + i, 16), v128.load(v + i, 16), kind));
      s2 = f32x4.add(s2, summand(v128.load(y + i, 32), v128.load(v + i, 32), kind));
      s3 = f32x4.add(s3, summand(v128.load(y + i, 48), v128.load(v + i, 48), kind));
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
  i = 0;
  do {
    let p0 = productOf(v128.load(y + i), v128.load(v + i), t0, factor, kind);
    let p1 = productOf(v128.load(y + i, 16), v128.load(v + i, 16), t1, factor, kind);
    let p2 = productOf(v128.load(y + i, 32), v128.load(v + i, 32), t2, factor, kind);
    let p3 = productOf(v128.load(y + i, 48), v128.load(v + i, 48), t3, factor, kind);
    v128.store(out + i, p0);
    v128.store(out + i, p1, 16);
    v128.store(out + i, p2, 32);
    v128.store(out + i, p3, 48);
    i += step;
  } while (i < end);
}

/** The kind is known only at run time, here and below: memory is the limit, and three copies would not fit the budget. */
function beside(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, kind: i32,
): void {
  let step = usize(inner) << 2;
  let block = usize(n) * step;
  let factors = f32x4.splat(f32(factor));
  do {
    let i: usize = 0;
    while (i + 64 <= step) {
      sixteenRows(y + i, v + i, out + i, n, step, factors, kind);
      i += 64;
    }
    while (i < step) {
      let at = y + min(i, step - 16);
      fourRows(at, at, at, at, v - y, out - y, n, step, factors, false, kind);
      i += 16;
    }
    y += block;
    v += block;
    out += block;
  } while (--outer);
}

/** Where row number `row` begins, in bytes. */
@inline function offsetOf(row: u32, n: u32, inner: u32): usize {
  let o = row / inner;
  return (usize(o) * n * inner + (row - o * inner)) << 2;
}

function gathered(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, kind: i32,
): void {
  let step = usize(inner) << 2;
  let factors = f32x4.splat(f32(factor));
  let last = outer * inner - 1;
  let row: u32 = 0;
  do {
    let y0 = y + offsetOf(row, n, inner);
    let y1 = y + offsetOf(min(row + 1, last), n, inner);
    let y2 = y + offsetOf(min(row + 2, last), n, inner);
    let y3 = y + offsetOf(min(row + 3, last), n, inner);
    fourRows(y0, y1, y2, y3, v - y, out - y, n, step, factors, true, kind);
    row += 4;
  } while (row <= last);
}

export function softmaxProductStridedRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  beside(y, v, out, outer, n, inner, factor, SOFTMAX_PRODUCT);
}

export function logSoftmaxJvpStridedRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  beside(y, v, out, outer, n, inner, factor, LOG_SOFTMAX_JVP);
}

export function logSoftmaxVjpStridedRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  beside(y, v, out, outer, n, inner, factor, LOG_SOFTMAX_VJP);
}

export function softmaxProductGatheredRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  gathered(y, v, out, outer, n, inner, factor, SOFTMAX_PRODUCT);
}

export function logSoftmaxJvpGatheredRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  gathered(y, v, out, outer, n, inner, factor, LOG_SOFTMAX_JVP);
}

export function logSoftmaxVjpGatheredRows(
  y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64,
): void {
  gathered(y, v, out, outer, n, inner, factor, LOG_SOFTMAX_VJP);
}
