// Jacobian products on four rows at once, a row a lane: for any stride and length. See lane_rows.ts for the two ways.

import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, SOFTMAX_PRODUCT, multiplierOf, productOf, summand, totalOf} from './product';
import {demote, loadLanes, promoteHigh, promoteLow, storeLanes} from './simd';

/** Four rows of y at y0 to y3; v and the result are `toV` and `toOut` bytes further on. */
@inline function fourRows(
  y0: usize, y1: usize, y2: usize, y3: usize, toV: usize, toOut: usize,
  n: u32, step: usize, factor: f64, apart: bool, kind: i32,
): void {
  let end = usize(n) * step;
  let low = f64x2.splat(0);
  let high = low;
  let lowY = low;
  let highY = low;
  let i: usize = 0;
  do {
    let stop = i + 4 * step;
    stop = stop < end ? stop : end;
    let sum = f32x4.splat(0);
    let sumY = sum;
    do {
      let y = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i, apart);
      let v = loadLanes(y0 + toV + i, y1 + toV + i, y2 + toV + i, y3 + toV + i, apart);
      sum = f32x4.add(sum, summand(y, v, kind));
      sumY = f32x4.add(sumY, y);
      i += step;
    } while (i < stop);
    low = f64x2.add(low, promoteLow(sum));
    high = f64x2.add(high, promoteHigh(sum));
    lowY = f64x2.add(lowY, promoteLow(sumY));
    highY = f64x2.add(highY, promoteHigh(sumY));
  } while (i < end);
  let t = demote(totalOf(low, lowY), totalOf(high, highY));
  let factors = demote(multiplierOf(factor, lowY, kind), multiplierOf(factor, highY, kind));
  i = 0;
  do {
    let y = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i, apart);
    let v = loadLanes(y0 + toV + i, y1 + toV + i, y2 + toV + i, y3 + toV + i, apart);
    storeLanes(
      y0 + toOut + i, y1 + toOut + i, y2 + toOut + i, y3 + toOut + i, productOf(y, v, t, factors, kind), apart,
    );
    i += step;
  } while (i < end);
}

/** Sixteen rows side by side, a whole cache line at each step along the axis. */
@inline function sixteenRows(y: usize, v: usize, out: usize, n: u32, step: usize, factor: f64, kind: i32): void {
  let end = usize(n) * step;
  let low0 = f64x2.splat(0);
  let low1 = low0;
  let low2 = low0;
  let low3 = low0;
  let high0 = low0;
  let high1 = low0;
  let high2 = low0;
  let high3 = low0;
  let lowY0 = low0;
  let lowY1 = low0;
  let lowY2 = low0;
  let lowY3 = low0;
  let highY0 = low0;
  let highY1 = low0;
  let highY2 = low0;
  let highY3 = low0;
  let i: usize = 0;
  do {
    let stop = i + 4 * step;
    stop = stop < end ? stop : end;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let r0 = s0;
    let r1 = s0;
    let r2 = s0;
    let r3 = s0;
    do {
      let y0 = v128.load(y + i);
      s0 = f32x4.add(s0, summand(y0, v128.load(v + i), kind));
      r0 = f32x4.add(r0, y0);
      let y1 = v128.load(y + i, 16);
      s1 = f32x4.add(s1, summand(y1, v128.load(v + i, 16), kind));
      r1 = f32x4.add(r1, y1);
      let y2 = v128.load(y + i, 32);
      s2 = f32x4.add(s2, summand(y2, v128.load(v + i, 32), kind));
      r2 = f32x4.add(r2, y2);
      let y3 = v128.load(y + i, 48);
      s3 = f32x4.add(s3, summand(y3, v128.load(v + i, 48), kind));
      r3 = f32x4.add(r3, y3);
      i += step;
    } while (i < stop);
    low0 = f64x2.add(low0, promoteLow(s0));
    low1 = f64x2.add(low1, promoteLow(s1));
    low2 = f64x2.add(low2, promoteLow(s2));
    low3 = f64x2.add(low3, promoteLow(s3));
    high0 = f64x2.add(high0, promoteHigh(s0));
    lowY0 = f64x2.add(lowY0, promoteLow(r0));
    highY0 = f64x2.add(highY0, promoteHigh(r0));
    high1 = f64x2.add(high1, promoteHigh(s1));
    lowY1 = f64x2.add(lowY1, promoteLow(r1));
    highY1 = f64x2.add(highY1, promoteHigh(r1));
    high2 = f64x2.add(high2, promoteHigh(s2));
    lowY2 = f64x2.add(lowY2, promoteLow(r2));
    highY2 = f64x2.add(highY2, promoteHigh(r2));
    high3 = f64x2.add(high3, promoteHigh(s3));
    lowY3 = f64x2.add(lowY3, promoteLow(r3));
    highY3 = f64x2.add(highY3, promoteHigh(r3));
  } while (i < end);
  let t0 = demote(totalOf(low0, lowY0), totalOf(high0, highY0));
  let f0 = demote(multiplierOf(factor, lowY0, kind), multiplierOf(factor, highY0, kind));
  let t1 = demote(totalOf(low1, lowY1), totalOf(high1, highY1));
  let f1 = demote(multiplierOf(factor, lowY1, kind), multiplierOf(factor, highY1, kind));
  let t2 = demote(totalOf(low2, lowY2), totalOf(high2, highY2));
  let f2 = demote(multiplierOf(factor, lowY2, kind), multiplierOf(factor, highY2, kind));
  let t3 = demote(totalOf(low3, lowY3), totalOf(high3, highY3));
  let f3 = demote(multiplierOf(factor, lowY3, kind), multiplierOf(factor, highY3, kind));
  i = 0;
  do {
    let p0 = productOf(v128.load(y + i), v128.load(v + i), t0, f0, kind);
    let p1 = productOf(v128.load(y + i, 16), v128.load(v + i, 16), t1, f1, kind);
    let p2 = productOf(v128.load(y + i, 32), v128.load(v + i, 32), t2, f2, kind);
    let p3 = productOf(v128.load(y + i, 48), v128.load(v + i, 48), t3, f3, kind);
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
  do {
    let i: usize = 0;
    while (i + 64 <= step) {
      sixteenRows(y + i, v + i, out + i, n, step, factor, kind);
      i += 64;
    }
    while (i < step) {
      let at = y + min(i, step - 16);
      fourRows(at, at, at, at, v - y, out - y, n, step, factor, false, kind);
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
  let last = outer * inner - 1;
  let row: u32 = 0;
  do {
    let y0 = y + offsetOf(row, n, inner);
    let y1 = y + offsetOf(min(row + 1, last), n, inner);
    let y2 = y + offsetOf(min(row + 2, last), n, inner);
    let y3 = y + offsetOf(min(row + 3, last), n, inner);
    fourRows(y0, y1, y2, y3, v - y, out - y, n, step, factor, true, kind);
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
