// Forward kernels for many short contiguous rows, four at a time.
//
// One row at a time would spend its time on single numbers: the maximum, the shift, the reciprocal. Here the whole vectors
// of four rows run side by side; their maxima and sums are brought together by 4x4 transposes, so that the work a row is
// done for four in one vector, a row a lane; and the last n mod 4 columns are gathered, a row a lane too.
//
// At least four rows; exact scales. The last four rows overlap those before.

import {reciprocal} from './divide';
import {biasFor, floorOf, magicOf, octavesOf, shiftOf, value} from './exp';
import {logOfSum} from './log';
import {subtractLogShifted} from './long_rows';
import {settleInfinite} from './log_sum_exp';
import {LOG_SOFTMAX, LOG_SUM_EXP, SHIFTED, SOFTMAX} from './kinds';
import {
  demote, evenLanes, larger, loadLanes, oddLanes, promoteHigh, promoteLow, splat0, splat1, splat2, splat3, storeLanes, upper,
} from './simd';

/** The maximum of each of four vectors, in order. */
@inline function maxima(a: v128, b: v128, c: v128, d: v128): v128 {
  let ab = larger(evenLanes(a, b), oddLanes(a, b));
  let cd = larger(evenLanes(c, d), oddLanes(c, d));
  return larger(evenLanes(ab, cd), oddLanes(ab, cd));
}

/** The sums of four floats each, of two vectors, in doubles. */
@inline function sums(a: v128, b: v128): v128 {
  let pairsA = f64x2.add(promoteLow(a), promoteHigh(a));
  let pairsB = f64x2.add(promoteLow(b), promoteHigh(b));
  return f64x2.add(v128.shuffle<f64>(pairsA, pairsB, 0, 2), v128.shuffle<f64>(pairsA, pairsB, 1, 3));
}

/** The sum of each of four vectors of integers, in order. */
@inline function counts(a: v128, b: v128, c: v128, d: v128): v128 {
  let ab = i32x4.add(evenLanes(a, b), oddLanes(a, b));
  let cd = i32x4.add(evenLanes(c, d), oddLanes(c, d));
  return i32x4.add(evenLanes(ab, cd), oddLanes(ab, cd));
}

@inline function fourRows(x0: usize, y0: usize, y: usize, n: u32, scale: v128, kind: i32): void {
  let bytes = usize(n) << 2;
  let whole = bytes & ~15;
  let x1 = x0 + bytes;
  let x2 = x1 + bytes;
  let x3 = x2 + bytes;
  let y1 = y0 + bytes;
  let y2 = y1 + bytes;
  let y3 = y2 + bytes;

  let max = f32x4.splat(-Infinity);
  let i: usize = 0;
  if (whole) {
    let m0 = max;
    let m1 = max;
    let m2 = max;
    let m3 = max;
    do {
      m0 = larger(m0, f32x4.mul(v128.load(x0 + i), scale));
      m1 = larger(m1, f32x4.mul(v128.load(x1 + i), scale));
      m2 = larger(m2, f32x4.mul(v128.load(x2 + i), scale));
      m3 = larger(m3, f32x4.mul(v128.load(x3 + i), scale));
      i += 16;
    } while (i < whole);
    max = maxima(m0, m1, m2, m3);
  }
  while (i < bytes) {
    max = larger(max, f32x4.mul(loadLanes(x0 + i, x1 + i, x2 + i, x3 + i, true), scale));
    i += 4;
  }

  let bias = biasFor(n);
  let logit = f32x4.div(max, scale);
  let shift = shiftOf(max);
  let octaves = octavesOf(max, shift);
  let floor = floorOf(octaves, bias);
  let magic = magicOf(octaves, bias);
  let low = f64x2.splat(0);
  let high = low;
  let ties = i32x4.splat(0);
  i = 0;
  if (whole) {
    let shift0 = splat0(shift);
    let shift1 = splat1(shift);
    let shift2 = splat2(shift);
    let shift3 = splat3(shift);
    let floor0 = splat0(floor);
    let floor1 = splat1(floor);
    let floor2 = splat2(floor);
    let floor3 = splat3(floor);
    let magic0 = splat0(magic);
    let magic1 = splat1(magic);
    let magic2 = splat2(magic);
    let magic3 = splat3(magic);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let t0 = ties;
    let t1 = ties;
    let t2 = ties;
    let t3 = ties;
    do {
      let a0 = v128.load(x0 + i);
      let a1 = v128.load(x1 + i);
      let a2 = v128.load(x2 + i);
      let a3 = v128.load(x3 + i);
      let v0 = value(a0, scale, shift0, shift0, floor0, magic0, SHIFTED);
      let v1 = value(a1, scale, shift1, shift1, floor1, magic1, SHIFTED);
      let v2 = value(a2, scale, shift2, shift2, floor2, magic2, SHIFTED);
      let v3 = value(a3, scale, shift3, shift3, floor3, magic3, SHIFTED);
      if (kind == SOFTMAX) {
        v128.store(y0 + i, v0);
        v128.store(y1 + i, v1);
        v128.store(y2 + i, v2);
        v128.store(y3 + i, v3);
      } else {
        let e0 = f32x4.eq(a0, splat0(logit));
        let e1 = f32x4.eq(a1, splat1(logit));
        let e2 = f32x4.eq(a2, splat2(logit));
        let e3 = f32x4.eq(a3, splat3(logit));
        t0 = i32x4.sub(t0, e0);
        t1 = i32x4.sub(t1, e1);
        t2 = i32x4.sub(t2, e2);
        t3 = i32x4.sub(t3, e3);
        v0 = v128.andnot(v0, e0);
        v1 = v128.andnot(v1, e1);
        v2 = v128.andnot(v2, e2);
        v3 = v128.andnot(v3, e3);
      }
      s0 = f32x4.add(s0, v0);
      s1 = f32x4.add(s1, v1);
      s2 = f32x4.add(s2, v2);
      s3 = f32x4.add(s3, v3);
      i += 16;
    } while (i < whole);
    low = sums(s0, s1);
    high = sums(s2, s3);
    if (kind != SOFTMAX) {
      ties = counts(t0, t1, t2, t3);
    }
  }
  let sum = f32x4.splat(0);
  while (i < bytes) {
    let a = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i, true);
    let v = value(a, scale, shift, shift, floor, magic, SHIFTED);
    if (kind == SOFTMAX) storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, v, true);
    else {
      let tie = f32x4.eq(a, logit);
      ties = i32x4.sub(ties, tie);
      v = v128.andnot(v, tie);
    }
    sum = f32x4.add(sum, v);
    i += 4;
  }
  low = f64x2.add(low, promoteLow(sum));
  high = f64x2.add(high, promoteHigh(sum));

  i = 0;
  if (kind == SOFTMAX) {
    let factor = reciprocal(low, high);
    if (whole) {
      let f0 = splat0(factor);
      let f1 = splat1(factor);
      let f2 = splat2(factor);
      let f3 = splat3(factor);
      do {
        v128.store(y0 + i, f32x4.mul(v128.load(y0 + i), f0));
        v128.store(y1 + i, f32x4.mul(v128.load(y1 + i), f1));
        v128.store(y2 + i, f32x4.mul(v128.load(y2 + i), f2));
        v128.store(y3 + i, f32x4.mul(v128.load(y3 + i), f3));
        i += 16;
      } while (i < whole);
    }
    while (i < bytes) {
      let v = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i, true);
      storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, f32x4.mul(v, factor), true);
      i += 4;
    }
    return;
  }

  let logLow = logOfSum(ties, low, max, bias);
  let logHigh = logOfSum(upper(ties), high, upper(max), bias);
  if (kind == LOG_SUM_EXP) {
    v128.store(y, demote(f64x2.add(promoteLow(max), logLow), f64x2.add(promoteHigh(max), logHigh)));
    return;
  }
  let log = demote(logLow, logHigh);
  if (whole) {
    subtractLogShifted(x0, y0, bytes, scale, splat0(max), splat0(log));
    subtractLogShifted(x1, y1, bytes, scale, splat1(max), splat1(log));
    subtractLogShifted(x2, y2, bytes, scale, splat2(max), splat2(log));
    subtractLogShifted(x3, y3, bytes, scale, splat3(max), splat3(log));
    return;
  }
  while (i < bytes) {
    let a = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i, true);
    let result = f32x4.sub(f32x4.sub(f32x4.mul(a, scale), max), log);
    storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, result, true);
    i += 4;
  }
}

/** The kind is known only at run time, to have the code once; it is asked for once in four vectors. */
function rows(x: usize, y: usize, outer: u32, n: u32, scale: f64, kind: i32): void {
  let bytes = usize(n) << 2;
  let factor = f32x4.splat(f32(scale));
  let last = outer - 4;
  let row: u32 = 0;
  do {
    row = min(row, last);
    let at = usize(row) * bytes;
    fourRows(x + at, y + at, y + (usize(row) << 2), n, factor, kind);
    row += 4;
  } while (row < outer);
}

export function softmaxShortRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  rows(x, y, outer, n, scale, SOFTMAX);
}

export function logSoftmaxShortRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  rows(x, y, outer, n, scale, LOG_SOFTMAX);
}

export function logSumExpShortRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  rows(x, y, outer, n, scale, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, 1, scale);
}
