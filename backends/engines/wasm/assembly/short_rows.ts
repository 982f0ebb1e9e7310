// Forward kernels for many short contiguous rows, four at a time, a row a lane.
//
// One row at a time would spend its time on single numbers: the maximum, the shift, the reciprocal. Four rows have theirs in
// one vector. Exponentials are computed column by column: four columns of four rows at a time are transposed, and the last
// n mod 4 columns gathered.
//
// For 16 to 24 columns softmax does not transpose: the rows stay in vectors of their own, and only the four sums are brought
// together: in Chromium that takes 4 to 11 % less. These sums are in floats: there are too few summands to lose much.
//
// There are at least four rows, and the scale is exact. The last four rows overlap those before.

import {isWide, quotient, reciprocal, smallestNormal} from './divide';
import {
  shiftedLogit, expm1Part, minArgumentOf, roundingBiasOf, maxExponentOf, exp2Bits, round, shiftOf, sumOfParts, scaledExp,
} from './exp';
import {logsOfSums, settleInfinite} from './log_sum_exp';
import {LOG_SOFTMAX, LOG_SUM_EXP} from './kinds';
import {
  evenLanes, joinHigh, joinLow, larger, loadLanes, minOfLanes, mixHigh, mixLow, oddLanes, promoteHigh, promoteLow,
  smaller, splat0, splat1, splat2, splat3, storeLanes, upper,
} from './simd';

/** The maximum of each of four vectors, in order. */
@inline function maxima(a: v128, b: v128, c: v128, d: v128): v128 {
  let ab = larger(joinLow(a, b), joinLow(upper(a), upper(b)));
  let cd = larger(joinLow(c, d), joinLow(upper(c), upper(d)));
  return larger(evenLanes(ab, cd), oddLanes(ab, cd));
}

/** The smallest scale·x of the four rows whose maxima were computed last. Lanes do not say of which row. */
let lowest = f32x4(0, 0, 0, 0);

/** max scale·x of four rows of so many bytes, the first at x0. */
@inline function maximaOfFourRows(x0: usize, bytes: usize, scale: v128): v128 {
  let whole = bytes & ~15;
  let x1 = x0 + bytes;
  let x2 = x1 + bytes;
  let x3 = x2 + bytes;
  let max = f32x4.splat(-Infinity);
  let min = f32x4.splat(Infinity);
  let i: usize = 0;
  if (whole) {
    let m0 = max;
    let m1 = max;
    let m2 = max;
    let m3 = max;
    do {
      let t0 = f32x4.mul(v128.load(x0 + i), scale);
      let t1 = f32x4.mul(v128.load(x1 + i), scale);
      let t2 = f32x4.mul(v128.load(x2 + i), scale);
      let t3 = f32x4.mul(v128.load(x3 + i), scale);
      m0 = larger(m0, t0);
      m1 = larger(m1, t1);
      m2 = larger(m2, t2);
      m3 = larger(m3, t3);
      min = smaller(min, smaller(smaller(t0, t1), smaller(t2, t3)));
      i += 16;
    } while (i < whole);
    max = maxima(m0, m1, m2, m3);
  }
  while (i < bytes) {
    let t = f32x4.mul(loadLanes(x0 + i, x1 + i, x2 + i, x3 + i), scale);
    max = larger(max, t);
    min = smaller(min, t);
    i += 4;
  }
  lowest = min;
  return max;
}

/** Whether one of the four rows may be wide: see divide.ts. With all logits from -32 to 32 none is. */
@inline function isOneWide(max: v128): bool {
  let isLarge = v128.or(f32x4.lt(lowest, f32x4.splat(-32)), f32x4.gt(max, f32x4.splat(32)));
  return v128.any_true(isLarge) && isWide(f32x4.splat(minOfLanes(lowest)), max);
}

/** The sums of four floats each, of two vectors, in doubles. */
@inline function sums(a: v128, b: v128): v128 {
  let pairsA = f64x2.add(promoteLow(a), promoteHigh(a));
  let pairsB = f64x2.add(promoteLow(b), promoteHigh(b));
  return f64x2.add(joinLow(pairsA, pairsB), joinLow(upper(pairsA), upper(pairsB)));
}

/** Divides four rows by their sums, in place. */
@inline function divideFourRows(
  y0: usize, bytes: usize, factor: v128, least: v128, sideBySide: bool, wide: bool,
): void {
  let whole = bytes & ~15;
  let y1 = y0 + bytes;
  let y2 = y1 + bytes;
  let y3 = y2 + bytes;
  let i: usize = 0;
  if (sideBySide) {
    let f0 = splat0(factor);
    let f1 = splat1(factor);
    let f2 = splat2(factor);
    let f3 = splat3(factor);
    let least0 = splat0(least);
    let least1 = splat1(least);
    let least2 = splat2(least);
    let least3 = splat3(least);
    do {
      v128.store(y0 + i, quotient(v128.load(y0 + i), f0, least0, wide));
      v128.store(y1 + i, quotient(v128.load(y1 + i), f1, least1, wide));
      v128.store(y2 + i, quotient(v128.load(y2 + i), f2, least2, wide));
      v128.store(y3 + i, quotient(v128.load(y3 + i), f3, least3, wide));
      i += 16;
    } while (i < whole);
  } else if (whole) {
    do {
      let v0 = quotient(v128.load(y0 + i), factor, least, wide);
      let v1 = quotient(v128.load(y1 + i), factor, least, wide);
      let v2 = quotient(v128.load(y2 + i), factor, least, wide);
      let v3 = quotient(v128.load(y3 + i), factor, least, wide);
      let l01 = mixLow(v0, v1);
      let l23 = mixLow(v2, v3);
      let h01 = mixHigh(v0, v1);
      let h23 = mixHigh(v2, v3);
      v128.store(y0 + i, joinLow(l01, l23));
      v128.store(y1 + i, joinHigh(l01, l23));
      v128.store(y2 + i, joinLow(h01, h23));
      v128.store(y3 + i, joinHigh(h01, h23));
      i += 16;
    } while (i < whole);
  }
  while (i < bytes) {
    let v = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i);
    storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, quotient(v, factor, least, wide));
    i += 4;
  }
}

function divideWide(y0: usize, bytes: usize, factor: v128, least: v128, sideBySide: bool): void {
  divideFourRows(y0, bytes, factor, least, sideBySide, true);
}

/** @param sideBySide whether to leave the rows in vectors of their own */
@inline function softmaxOfFourRows(
  x0: usize, y0: usize, bytes: usize, scale: v128, sideBySide: bool,
): void {
  let whole = bytes & ~15;
  let x1 = x0 + bytes;
  let x2 = x1 + bytes;
  let x3 = x2 + bytes;
  let y1 = y0 + bytes;
  let y2 = y1 + bytes;
  let y3 = y2 + bytes;

  let max = maximaOfFourRows(x0, bytes, scale);
  let shift = shiftOf(max);
  let maxExponent = maxExponentOf(max, shift);
  let minArgument = minArgumentOf(maxExponent);
  let roundingBias = roundingBiasOf(maxExponent);
  let low = f64x2.splat(0);
  let high = low;
  let i: usize = 0;
  if (sideBySide) {
    let shift0 = splat0(shift);
    let shift1 = splat1(shift);
    let shift2 = splat2(shift);
    let shift3 = splat3(shift);
    let minArgument0 = splat0(minArgument);
    let minArgument1 = splat1(minArgument);
    let minArgument2 = splat2(minArgument);
    let minArgument3 = splat3(minArgument);
    let roundingBias0 = splat0(roundingBias);
    let roundingBias1 = splat1(roundingBias);
    let roundingBias2 = splat2(roundingBias);
    let roundingBias3 = splat3(roundingBias);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    do {
      let v0 = scaledExp(shiftedLogit(v128.load(x0 + i), scale, shift0, minArgument0), roundingBias0);
      let v1 = scaledExp(shiftedLogit(v128.load(x1 + i), scale, shift1, minArgument1), roundingBias1);
      let v2 = scaledExp(shiftedLogit(v128.load(x2 + i), scale, shift2, minArgument2), roundingBias2);
      let v3 = scaledExp(shiftedLogit(v128.load(x3 + i), scale, shift3, minArgument3), roundingBias3);
      v128.store(y0 + i, v0);
      v128.store(y1 + i, v1);
      v128.store(y2 + i, v2);
      v128.store(y3 + i, v3);
      s0 = f32x4.add(s0, v0);
      s1 = f32x4.add(s1, v1);
      s2 = f32x4.add(s2, v2);
      s3 = f32x4.add(s3, v3);
      i += 16;
    } while (i < whole);
    low = sums(s0, s1);
    high = sums(s2, s3);
  } else if (whole) {
    // The exponentials stay transposed where the results will be.
    do {
      let r0 = v128.load(x0 + i);
      let r1 = v128.load(x1 + i);
      let r2 = v128.load(x2 + i);
      let r3 = v128.load(x3 + i);
      let l01 = mixLow(r0, r1);
      let l23 = mixLow(r2, r3);
      let h01 = mixHigh(r0, r1);
      let h23 = mixHigh(r2, r3);
      let v0 = scaledExp(shiftedLogit(joinLow(l01, l23), scale, shift, minArgument), roundingBias);
      let v1 = scaledExp(shiftedLogit(joinHigh(l01, l23), scale, shift, minArgument), roundingBias);
      let v2 = scaledExp(shiftedLogit(joinLow(h01, h23), scale, shift, minArgument), roundingBias);
      let v3 = scaledExp(shiftedLogit(joinHigh(h01, h23), scale, shift, minArgument), roundingBias);
      v128.store(y0 + i, v0);
      v128.store(y1 + i, v1);
      v128.store(y2 + i, v2);
      v128.store(y3 + i, v3);
      let s01 = f32x4.add(v0, v1);
      let s23 = f32x4.add(v2, v3);
      low = f64x2.add(low, f64x2.add(promoteLow(s01), promoteLow(s23)));
      high = f64x2.add(high, f64x2.add(promoteHigh(s01), promoteHigh(s23)));
      i += 16;
    } while (i < whole);
  }
  while (i < bytes) {
    let v = scaledExp(shiftedLogit(loadLanes(x0 + i, x1 + i, x2 + i, x3 + i), scale, shift, minArgument), roundingBias);
    storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, v);
    low = f64x2.add(low, promoteLow(v));
    high = f64x2.add(high, promoteHigh(v));
    i += 4;
  }

  let factor = reciprocal(low, high);
  if (isOneWide(max)) divideWide(y0, bytes, factor, smallestNormal(low, high), sideBySide);
  else divideFourRows(y0, bytes, factor, factor, sideBySide, false);
}

/** logSoftmax or logSumExp of four rows. */
@inline function logsOfFourRows(x0: usize, y0: usize, bytes: usize, scale: v128, kind: i32): void {
  let whole = bytes & ~15;
  let x1 = x0 + bytes;
  let x2 = x1 + bytes;
  let x3 = x2 + bytes;

  let max = maximaOfFourRows(x0, bytes, scale);
  let logit = f32x4.div(max, scale);
  let shift = shiftOf(max);
  let maxExponent = maxExponentOf(max, shift);
  let minArgument = minArgumentOf(maxExponent);
  let roundingBias = roundingBiasOf(maxExponent);
  let ties = i32x4.splat(0);
  let low = f64x2.splat(0);
  let high = low;
  // The expm1 parts make up a third of the sum or less: floats suffice for a few.
  let rest = f32x4.splat(0);
  let i: usize = 0;
  if (whole) {
    do {
      let r0 = v128.load(x0 + i);
      let r1 = v128.load(x1 + i);
      let r2 = v128.load(x2 + i);
      let r3 = v128.load(x3 + i);
      let l01 = mixLow(r0, r1);
      let l23 = mixLow(r2, r3);
      let h01 = mixHigh(r0, r1);
      let h23 = mixHigh(r2, r3);
      let a0 = joinLow(l01, l23);
      let a1 = joinHigh(l01, l23);
      let a2 = joinLow(h01, h23);
      let a3 = joinHigh(h01, h23);
      let b0 = shiftedLogit(a0, scale, shift, minArgument);
      let b1 = shiftedLogit(a1, scale, shift, minArgument);
      let b2 = shiftedLogit(a2, scale, shift, minArgument);
      let b3 = shiftedLogit(a3, scale, shift, minArgument);
      let k0 = round(b0, roundingBias);
      let k1 = round(b1, roundingBias);
      let k2 = round(b2, roundingBias);
      let k3 = round(b3, roundingBias);
      let t0 = f32x4.eq(a0, logit);
      let t1 = f32x4.eq(a1, logit);
      let t2 = f32x4.eq(a2, logit);
      let t3 = f32x4.eq(a3, logit);
      let p0 = v128.andnot(exp2Bits(k0), t0);
      let p1 = v128.andnot(exp2Bits(k1), t1);
      let p2 = v128.andnot(exp2Bits(k2), t2);
      let p3 = v128.andnot(exp2Bits(k3), t3);
      ties = i32x4.sub(ties, i32x4.add(i32x4.add(t0, t1), i32x4.add(t2, t3)));
      let powers = f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3));
      low = f64x2.add(low, promoteLow(powers));
      high = f64x2.add(high, promoteHigh(powers));
      let e0 = expm1Part(b0, k0, roundingBias, p0);
      let e1 = expm1Part(b1, k1, roundingBias, p1);
      let e2 = expm1Part(b2, k2, roundingBias, p2);
      let e3 = expm1Part(b3, k3, roundingBias, p3);
      rest = f32x4.add(rest, f32x4.add(f32x4.add(e0, e1), f32x4.add(e2, e3)));
      i += 16;
    } while (i < whole);
  }
  while (i < bytes) {
    let a = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i);
    let b = shiftedLogit(a, scale, shift, minArgument);
    let k = round(b, roundingBias);
    let tie = f32x4.eq(a, logit);
    let p = v128.andnot(exp2Bits(k), tie);
    ties = i32x4.sub(ties, tie);
    low = f64x2.add(low, promoteLow(p));
    high = f64x2.add(high, promoteHigh(p));
    rest = f32x4.add(rest, expm1Part(b, k, roundingBias, p));
    i += 4;
  }

  let log = logsOfSums(ties, sumOfParts(low, promoteLow(rest)), sumOfParts(high, promoteHigh(rest)), max, kind);
  if (kind == LOG_SUM_EXP) {
    v128.store(y0, log);
    return;
  }
  let y1 = y0 + bytes;
  let y2 = y1 + bytes;
  let y3 = y2 + bytes;
  i = 0;
  if (whole) {
    let max0 = splat0(max);
    let max1 = splat1(max);
    let max2 = splat2(max);
    let max3 = splat3(max);
    let log0 = splat0(log);
    let log1 = splat1(log);
    let log2 = splat2(log);
    let log3 = splat3(log);
    do {
      v128.store(y0 + i, f32x4.sub(f32x4.sub(f32x4.mul(v128.load(x0 + i), scale), max0), log0));
      v128.store(y1 + i, f32x4.sub(f32x4.sub(f32x4.mul(v128.load(x1 + i), scale), max1), log1));
      v128.store(y2 + i, f32x4.sub(f32x4.sub(f32x4.mul(v128.load(x2 + i), scale), max2), log2));
      v128.store(y3 + i, f32x4.sub(f32x4.sub(f32x4.mul(v128.load(x3 + i), scale), max3), log3));
      i += 16;
    } while (i < whole);
  }
  while (i < bytes) {
    let a = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i);
    let result = f32x4.sub(f32x4.sub(f32x4.mul(a, scale), max), log);
    storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, result);
    i += 4;
  }
}

export function softmaxShortRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  let bytes = usize(n) << 2;
  let sideBySide = n >= 16 && n <= 24;
  let factor = f32x4.splat(f32(scale));
  let last = outer - 4;
  let row: u32 = 0;
  do {
    row = min(row, last);
    let at = usize(row) * bytes;
    softmaxOfFourRows(x + at, y + at, bytes, factor, sideBySide);
    row += 4;
  } while (row < outer);
}

/** One copy of the code for both logarithms: the kind is asked only when a row is done. */
function logRows(x: usize, y: usize, outer: u32, n: u32, scale: f64, kind: i32): void {
  let bytes = usize(n) << 2;
  let yBytes = kind == LOG_SUM_EXP ? 4 : bytes;
  let factor = f32x4.splat(f32(scale));
  let last = outer - 4;
  let row: u32 = 0;
  do {
    row = min(row, last);
    logsOfFourRows(x + usize(row) * bytes, y + usize(row) * yBytes, bytes, factor, kind);
    row += 4;
  } while (row < outer);
}

export function logSoftmaxShortRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, scale, LOG_SOFTMAX);
}

export function logSumExpShortRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, scale, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, 1, scale, 1);
}
