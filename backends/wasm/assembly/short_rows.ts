// Forward kernels for many short contiguous rows, four at a time.
//
// One row at a time would spend its time on single numbers: the maximum, the shift, the reciprocal. Here the whole
// vectors of four rows run side by side; their maxima and sums are brought together by 4x4 transposes, so that the work
// a row is done for four in one vector, a row a lane; and the last n mod 4 columns are gathered, a row a lane too.
//
// At least four rows; exact scales. The last four rows overlap those before.

import {reciprocal} from './divide';
import {
  LOG_BIAS, argument, biasFor, excess, floorOf, magicOf, octavesOf, power, round, shiftOf, sumOfParts, value,
} from './exp';
import {logOfSum} from './log';
import {subtractLogShifted} from './long_rows';
import {settleInfinite} from './log_sum_exp';
import {LOG_SOFTMAX, LOG_SUM_EXP, SOFTMAX} from './kinds';
import {
  demote, evenLanes, joinLow, larger, loadLanes, oddLanes, promoteHigh, promoteLow, splat0, splat1, splat2, splat3,
  storeLanes, upper,
} from './simd';

/** The maximum of each of four vectors, in order. */
@inline function maxima(a: v128, b: v128, c: v128, d: v128): v128 {
  let ab = larger(joinLow(a, b), joinLow(upper(a), upper(b)));
  let cd = larger(joinLow(c, d), joinLow(upper(c), upper(d)));
  return larger(evenLanes(ab, cd), oddLanes(ab, cd));
}

/** The sums of four floats each, of two vectors, in doubles. */
@inline function sums(a: v128, b: v128): v128 {
  let pairsA = f64x2.add(promoteLow(a), promoteHigh(a));
  let pairsB = f64x2.add(promoteLow(b), promoteHigh(b));
  return f64x2.add(joinLow(pairsA, pairsB), joinLow(upper(pairsA), upper(pairsB)));
}

/** The sum of each of four vectors of integers, in order. */
@inline function counts(a: v128, b: v128, c: v128, d: v128): v128 {
  let ab = i32x4.add(joinLow(a, b), joinLow(upper(a), upper(b)));
  let cd = i32x4.add(joinLow(c, d), joinLow(upper(c), upper(d)));
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
    max = larger(max, f32x4.mul(loadLanes(x0 + i, x1 + i, x2 + i, x3 + i), scale));
    i += 4;
  }

  let bias = kind == SOFTMAX ? biasFor(n) : LOG_BIAS;
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
    let r0 = s0;
    let r1 = s0;
    let r2 = s0;
    let r3 = s0;
    let t0 = ties;
    let t1 = ties;
    let t2 = ties;
    let t3 = ties;
    do {
      let a0 = v128.load(x0 + i);
      let a1 = v128.load(x1 + i);
      let a2 = v128.load(x2 + i);
      let a3 = v128.load(x3 + i);
      if (kind == SOFTMAX) {
        let v0 = value(argument(a0, scale, shift0, floor0), magic0);
        let v1 = value(argument(a1, scale, shift1, floor1), magic1);
        let v2 = value(argument(a2, scale, shift2, floor2), magic2);
        let v3 = value(argument(a3, scale, shift3, floor3), magic3);
        v128.store(y0 + i, v0);
        v128.store(y1 + i, v1);
        v128.store(y2 + i, v2);
        v128.store(y3 + i, v3);
        s0 = f32x4.add(s0, v0);
        s1 = f32x4.add(s1, v1);
        s2 = f32x4.add(s2, v2);
        s3 = f32x4.add(s3, v3);
      } else {
        let b0 = argument(a0, scale, shift0, floor0);
        let b1 = argument(a1, scale, shift1, floor1);
        let b2 = argument(a2, scale, shift2, floor2);
        let b3 = argument(a3, scale, shift3, floor3);
        let k0 = round(b0, magic0);
        let k1 = round(b1, magic1);
        let k2 = round(b2, magic2);
        let k3 = round(b3, magic3);
        let e0 = f32x4.eq(a0, splat0(logit));
        let e1 = f32x4.eq(a1, splat1(logit));
        let e2 = f32x4.eq(a2, splat2(logit));
        let e3 = f32x4.eq(a3, splat3(logit));
        let p0 = v128.andnot(power(k0), e0);
        let p1 = v128.andnot(power(k1), e1);
        let p2 = v128.andnot(power(k2), e2);
        let p3 = v128.andnot(power(k3), e3);
        r0 = f32x4.add(r0, f32x4.mul(excess(b0, k0, magic0), p0));
        r1 = f32x4.add(r1, f32x4.mul(excess(b1, k1, magic1), p1));
        r2 = f32x4.add(r2, f32x4.mul(excess(b2, k2, magic2), p2));
        r3 = f32x4.add(r3, f32x4.mul(excess(b3, k3, magic3), p3));
        t0 = i32x4.sub(t0, e0);
        t1 = i32x4.sub(t1, e1);
        t2 = i32x4.sub(t2, e2);
        t3 = i32x4.sub(t3, e3);
        s0 = f32x4.add(s0, p0);
        s1 = f32x4.add(s1, p1);
        s2 = f32x4.add(s2, p2);
        s3 = f32x4.add(s3, p3);
      }
      i += 16;
    } while (i < whole);
    low = sums(s0, s1);
    high = sums(s2, s3);
    if (kind != SOFTMAX) {
      low = sumOfParts(low, sums(r0, r1));
      high = sumOfParts(high, sums(r2, r3));
      ties = counts(t0, t1, t2, t3);
    }
  }
  let sum = f32x4.splat(0);
  let rest = sum;
  while (i < bytes) {
    let a = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i);
    if (kind == SOFTMAX) {
      let v = value(argument(a, scale, shift, floor), magic);
      storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, v);
      sum = f32x4.add(sum, v);
    } else {
      let tie = f32x4.eq(a, logit);
      let b = argument(a, scale, shift, floor);
      let k = round(b, magic);
      let p = v128.andnot(power(k), tie);
      ties = i32x4.sub(ties, tie);
      sum = f32x4.add(sum, p);
      rest = f32x4.add(rest, f32x4.mul(excess(b, k, magic), p));
    }
    i += 4;
  }
  if (kind == SOFTMAX) {
    low = f64x2.add(low, promoteLow(sum));
    high = f64x2.add(high, promoteHigh(sum));
  } else {
    low = f64x2.add(low, sumOfParts(promoteLow(sum), promoteLow(rest)));
    high = f64x2.add(high, sumOfParts(promoteHigh(sum), promoteHigh(rest)));
  }

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
      let v = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i);
      storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, f32x4.mul(v, factor));
      i += 4;
    }
    return;
  }

  let logLow = logOfSum(ties, low, max);
  let logHigh = logOfSum(upper(ties), high, upper(max));
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
    let a = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i);
    let result = f32x4.sub(f32x4.sub(f32x4.mul(a, scale), max), log);
    storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, result);
    i += 4;
  }
}

@inline function rows(x: usize, y: usize, outer: u32, n: u32, scale: f64, kind: i32): void {
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

/** The logarithms have one copy of the code: which one it is, is asked only when a row is done. */
function logRows(x: usize, y: usize, outer: u32, n: u32, scale: f64, kind: i32): void {
  rows(x, y, outer, n, scale, kind);
}

export function logSoftmaxShortRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, scale, LOG_SOFTMAX);
}

export function logSumExpShortRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, scale, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, 1, scale);
}
