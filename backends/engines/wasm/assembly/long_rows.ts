// Forward kernels for contiguous rows of four or more, one row at a time; or four rows side by side at a time.
//
//   m = max x,  s = Σ e^(x - m)        softmax e^(x - m) / s     logSoftmax (x - m) - log s     logSumExp m + log s
//
// Three sweeps over each row: the maximum; the scaled exponentials (exp.ts) and their sum; the division. If n is no multiple of
// four, the last vector of a row overlaps the one before, so that no sweep leaves the row or needs single floats.
//
// Four rows side by side (inner = 4) are as contiguous as one row of four times the length, and go through the same sweeps, a
// row a lane. The difference is at the end of a sweep: a single row reduces its four lanes to one number.

import {isWide, quotient, reciprocal, smallestNormal} from './divide';
import {
  shiftedLogit, distance, expm1Part, expm1PartDouble, minArgumentOf, minArgumentOfDouble, roundingBiasOf, roundingBiasOfDouble,
  maxExponentOf, exp2Bits, exp2BitsDouble, round, shiftOf, sumOfParts, scaledExp, scaledExpDouble,
} from './exp';
import {logOfSum} from './log';
import {settleInfinite} from './log_sum_exp';
import {DOUBLE, LOG_SOFTMAX, LOG_SUM_EXP, PLAIN, SHIFTED, exactFactor, isExactScale} from './kinds';
import {
  demote, lanesFrom, larger, maxOfLanes, promoteHigh, promoteLow, smaller, sumOfCounts, sumOfDoubles, upper,
} from './simd';

// What a sweep returns beside its result: AssemblyScript's functions return one value.
/** How many logits equal the maximum. */
export let ties: i32 = 0;
/** Whether a row is wide: see divide.ts. Only for exact scales. */
export let wide: bool = false;
/** The same by lanes: the minimum, the sums of lanes 0 and 1 and of lanes 2 and 3, the ties. */
let lowest = f32x4.splat(0);
let sumLow = f64x2.splat(0);
let sumHigh = f64x2.splat(0);
let tieLanes = i32x4.splat(0);

/** max factor·x over a row, by lanes; the minimum goes to `lowest`. Both ignore NaN, which makes the sum NaN instead. */
@inline function maximum(x: usize, bytes: usize, factor: v128, plain: bool): v128 {
  let max0 = f32x4.splat(-Infinity);
  let max1 = max0;
  let max2 = max0;
  let max3 = max0;
  let min0 = f32x4.splat(Infinity);
  let min1 = min0;
  let min2 = min0;
  let min3 = min0;
  let i: usize = 0;
  let whole = bytes & ~63;
  if (whole) {
    do {
      let x0 = v128.load(x + i);
      let x1 = v128.load(x + i, 16);
      let x2 = v128.load(x + i, 32);
      let x3 = v128.load(x + i, 48);
      let t0 = plain ? x0 : f32x4.mul(x0, factor);
      let t1 = plain ? x1 : f32x4.mul(x1, factor);
      let t2 = plain ? x2 : f32x4.mul(x2, factor);
      let t3 = plain ? x3 : f32x4.mul(x3, factor);
      max0 = larger(max0, t0);
      max1 = larger(max1, t1);
      max2 = larger(max2, t2);
      max3 = larger(max3, t3);
      min0 = smaller(min0, t0);
      min1 = smaller(min1, t1);
      min2 = smaller(min2, t2);
      min3 = smaller(min3, t3);
      i += 64;
    } while (i < whole);
  }
  let last = bytes - 16;
  while (i < bytes) {
    let x0 = v128.load(x + min(i, last));
    let t0 = plain ? x0 : f32x4.mul(x0, factor);
    max0 = larger(max0, t0);
    min0 = smaller(min0, t0);
    i += 16;
  }
  lowest = smaller(smaller(min0, min1), smaller(min2, min3));
  return larger(larger(max0, max1), larger(max2, max3));
}

/** The scaled exponentials of four logits; `origin` is the shift, or in DOUBLE the maximum. */
@inline function expOf(x: v128, scale: v128, origin: v128, minArgument: v128, roundingBias: v128, mode: i32): v128 {
  if (mode == PLAIN) return scaledExp(larger(x, minArgument), roundingBias);
  else if (mode == SHIFTED) return scaledExp(shiftedLogit(x, scale, origin, minArgument), roundingBias);
  else return scaledExpDouble(x, scale, origin, origin, minArgument, roundingBias);
}

/**
 * The sum of the scaled exponentials of a row, which are stored at y.
 *
 * Sixteen are added as floats, two roundings deep, and their sum is added to doubles: in a float accumulator, a dominant
 * element would swallow the small ones that follow in its lane.
 */
@inline function sumOfExps(
  x: usize, y: usize, bytes: usize, scale: v128, origin: v128, minArgument: v128, roundingBias: v128, mode: i32,
): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let i: usize = 0;
  let whole = bytes & ~63;
  if (mode != DOUBLE && whole) {
    do {
      let v0 = expOf(v128.load(x + i), scale, origin, minArgument, roundingBias, mode);
      let v1 = expOf(v128.load(x + i, 16), scale, origin, minArgument, roundingBias, mode);
      let v2 = expOf(v128.load(x + i, 32), scale, origin, minArgument, roundingBias, mode);
      let v3 = expOf(v128.load(x + i, 48), scale, origin, minArgument, roundingBias, mode);
      v128.store(y + i, v0);
      v128.store(y + i, v1, 16);
      v128.store(y + i, v2, 32);
      v128.store(y + i, v3, 48);
      let sum = f32x4.add(f32x4.add(v0, v1), f32x4.add(v2, v3));
      low = f64x2.add(low, promoteLow(sum));
      high = f64x2.add(high, promoteHigh(sum));
      i += 64;
    } while (i < whole);
  }
  if (i < bytes) {
    let last = bytes - 16;
    let countedLanes = i32x4.splat(-1);
    do {
      if (i > last) {
        countedLanes = lanesFrom(i32((i - last) >> 2));
        i = last;
      }
      let v = expOf(v128.load(x + i), scale, origin, minArgument, roundingBias, mode);
      v128.store(y + i, v);
      v = v128.and(v, countedLanes);
      low = f64x2.add(low, promoteLow(v));
      high = f64x2.add(high, promoteHigh(v));
      i += 16;
    } while (i < bytes);
  }
  sumLow = low;
  sumHigh = high;
  return sumOfDoubles(f64x2.add(low, high));
}

/** The sum of the scaled exponentials of a row without those of logits equal to `max`, which are counted in `ties`. */
export function sumOfOthers(
  x: usize, bytes: usize, max: v128, scale: v128, shift: v128, minArgument: v128, roundingBias: v128,
): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let expm1Low = low;
  let expm1High = low;
  let count = i32x4.splat(0);
  let i: usize = 0;
  let whole = bytes & ~63;
  if (whole) {
    do {
      let x0 = v128.load(x + i);
      let x1 = v128.load(x + i, 16);
      let x2 = v128.load(x + i, 32);
      let x3 = v128.load(x + i, 48);
      let a0 = shiftedLogit(x0, scale, shift, minArgument);
      let a1 = shiftedLogit(x1, scale, shift, minArgument);
      let a2 = shiftedLogit(x2, scale, shift, minArgument);
      let a3 = shiftedLogit(x3, scale, shift, minArgument);
      let k0 = round(a0, roundingBias);
      let k1 = round(a1, roundingBias);
      let k2 = round(a2, roundingBias);
      let k3 = round(a3, roundingBias);
      let t0 = f32x4.eq(x0, max);
      let t1 = f32x4.eq(x1, max);
      let t2 = f32x4.eq(x2, max);
      let t3 = f32x4.eq(x3, max);
      let p0 = v128.andnot(exp2Bits(k0), t0);
      let p1 = v128.andnot(exp2Bits(k1), t1);
      let p2 = v128.andnot(exp2Bits(k2), t2);
      let p3 = v128.andnot(exp2Bits(k3), t3);
      count = i32x4.add(count, i32x4.add(i32x4.add(t0, t1), i32x4.add(t2, t3)));
      let powers = f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3));
      low = f64x2.add(low, promoteLow(powers));
      high = f64x2.add(high, promoteHigh(powers));
      let e0 = f32x4.mul(expm1Part(a0, k0, roundingBias), p0);
      let e1 = f32x4.mul(expm1Part(a1, k1, roundingBias), p1);
      let e2 = f32x4.mul(expm1Part(a2, k2, roundingBias), p2);
      let e3 = f32x4.mul(expm1Part(a3, k3, roundingBias), p3);
      let expm1Parts = f32x4.add(f32x4.add(e0, e1), f32x4.add(e2, e3));
      expm1Low = f64x2.add(expm1Low, promoteLow(expm1Parts));
      expm1High = f64x2.add(expm1High, promoteHigh(expm1Parts));
      i += 64;
    } while (i < whole);
  }
  if (i < bytes) {
    let last = bytes - 16;
    let countedLanes = i32x4.splat(-1);
    do {
      if (i > last) {
        countedLanes = lanesFrom(i32((i - last) >> 2));
        i = last;
      }
      let x0 = v128.load(x + i);
      let tie = f32x4.eq(x0, max);
      count = i32x4.add(count, v128.and(tie, countedLanes));
      let a = shiftedLogit(x0, scale, shift, minArgument);
      let k = round(a, roundingBias);
      let powers = v128.andnot(v128.and(exp2Bits(k), countedLanes), tie);
      let expm1Parts = f32x4.mul(expm1Part(a, k, roundingBias), powers);
      low = f64x2.add(low, promoteLow(powers));
      high = f64x2.add(high, promoteHigh(powers));
      expm1Low = f64x2.add(expm1Low, promoteLow(expm1Parts));
      expm1High = f64x2.add(expm1High, promoteHigh(expm1Parts));
      i += 16;
    } while (i < bytes);
  }
  low = sumOfParts(low, expm1Low);
  high = sumOfParts(high, expm1High);
  sumLow = low;
  sumHigh = high;
  tieLanes = i32x4.neg(count);
  ties = -sumOfCounts(count);
  return sumOfDoubles(f64x2.add(low, high));
}

/** The same for any scale, in doubles; `origin` is the maximum again. */
function sumOfOthersDouble(
  x: usize, bytes: usize, max: v128, scale: v128, origin: v128, minArgument: v128, roundingBias: v128,
): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let count = i32x4.splat(0);
  let last = bytes - 16;
  let countedLanes = i32x4.splat(-1);
  let i: usize = 0;
  do {
    if (i > last) {
      countedLanes = lanesFrom(i32((i - last) >> 2));
      i = last;
    }
    let x0 = v128.load(x + i);
    let tie = f32x4.eq(x0, max);
    count = i32x4.add(count, v128.and(tie, countedLanes));
    let powers = v128.andnot(v128.and(exp2BitsDouble(x0, scale, origin, origin, minArgument, roundingBias), countedLanes), tie);
    let expm1Parts = f32x4.mul(expm1PartDouble(x0, scale, origin, origin, minArgument, roundingBias), powers);
    low = f64x2.add(low, sumOfParts(promoteLow(powers), promoteLow(expm1Parts)));
    high = f64x2.add(high, sumOfParts(promoteHigh(powers), promoteHigh(expm1Parts)));
    i += 16;
  } while (i < bytes);
  ties = -sumOfCounts(count);
  return sumOfDoubles(f64x2.add(low, high));
}

/** Divides a row by its sum, in place. The overlapping end is read first, since the sweep rewrites part of it. */
@inline function divideRow(y: usize, bytes: usize, factor: v128, least: v128, wide: bool): void {
  let last = bytes - 16;
  let end = quotient(v128.load(y + last), factor, least, wide);
  let i: usize = 0;
  let whole = bytes & ~63;
  if (whole) {
    do {
      let y0 = quotient(v128.load(y + i), factor, least, wide);
      let y1 = quotient(v128.load(y + i, 16), factor, least, wide);
      let y2 = quotient(v128.load(y + i, 32), factor, least, wide);
      let y3 = quotient(v128.load(y + i, 48), factor, least, wide);
      v128.store(y + i, y0);
      v128.store(y + i, y1, 16);
      v128.store(y + i, y2, 32);
      v128.store(y + i, y3, 48);
      i += 64;
    } while (i < whole);
  }
  while (i < last) {
    v128.store(y + i, quotient(v128.load(y + i), factor, least, wide));
    i += 16;
  }
  v128.store(y + last, end);
}

function divideWide(y: usize, bytes: usize, factor: v128, least: v128): void {
  divideRow(y, bytes, factor, least, true);
}

/** (scale·x - m) - log s on four logits; in DOUBLE (scale·(x - m)) - log s. */
@inline function logValue(x: v128, scale: v128, max: v128, log: v128, mode: i32): v128 {
  if (mode == DOUBLE) {
    return demote(
      f64x2.sub(distance(promoteLow(x), max, scale), log), f64x2.sub(distance(promoteHigh(x), max, scale), log),
    );
  } else return f32x4.sub(f32x4.sub(f32x4.mul(x, scale), max), log);
}

@inline function subtractLog(x: usize, y: usize, bytes: usize, scale: v128, max: v128, log: v128, mode: i32): void {
  let i: usize = 0;
  let whole = bytes & ~63;
  if (mode != DOUBLE && whole) {
    do {
      let y0 = logValue(v128.load(x + i), scale, max, log, mode);
      let y1 = logValue(v128.load(x + i, 16), scale, max, log, mode);
      let y2 = logValue(v128.load(x + i, 32), scale, max, log, mode);
      let y3 = logValue(v128.load(x + i, 48), scale, max, log, mode);
      v128.store(y + i, y0);
      v128.store(y + i, y1, 16);
      v128.store(y + i, y2, 32);
      v128.store(y + i, y3, 48);
      i += 64;
    } while (i < whole);
  }
  while (i < bytes) {
    let at = min(i, bytes - 16);
    v128.store(y + at, logValue(v128.load(x + at), scale, max, log, mode));
    i += 16;
  }
}

/** A function of its own: V8 then has more registers for the loop, which takes 2 % less time. */
function sumOfPlainExps(x: usize, y: usize, bytes: usize, minArgument: v128, roundingBias: v128): f64 {
  return sumOfExps(x, y, bytes, minArgument, minArgument, minArgument, roundingBias, PLAIN);
}

/** As functions, because several kernels call them. */
export function maximumPlain(x: usize, bytes: usize): v128 {
  return maximum(x, bytes, f32x4.splat(1), true);
}

function maximumScaled(x: usize, bytes: usize, factor: v128): v128 {
  return maximum(x, bytes, factor, false);
}

/** max scale·x: of a row in all lanes, or of four rows a lane each. */
@inline function maxima(x: usize, bytes: usize, scale: f64, factor: v128, lanes: bool): v128 {
  let m = scale == 1 ? maximumPlain(x, bytes) : maximumScaled(x, bytes, factor);
  return lanes ? m : f32x4.splat(maxOfLanes(m));
}

/**
 * The scaled exponentials of scale·x - m of one row, stored at y; returns their sum.
 *
 * @param factor, exact `exactFactor` and `isExactScale` of the scale: compute them once for all rows
 * @param lanes whether these are four rows side by side, a row a lane; the scale is exact then
 */
export function expsOfRow(
  x: usize, y: usize, bytes: usize, scale: f64, factor: v128, exact: bool, lanes: bool,
): f64 {
  let m = maxima(x, bytes, scale, factor, lanes);
  wide = isWide(lowest, m);
  if (exact) {
    let shift = shiftOf(m);
    let maxExponent = maxExponentOf(m, shift);
    let minArgument = minArgumentOf(maxExponent);
    let roundingBias = roundingBiasOf(maxExponent);
    if (scale == 1 && !v128.any_true(shift)) return sumOfPlainExps(x, y, bytes, minArgument, roundingBias);
    return sumOfExps(x, y, bytes, factor, shift, minArgument, roundingBias, SHIFTED);
  }
  let origin = promoteLow(f32x4.mul(m, factor));
  let scales = f64x2.splat(scale);
  return sumOfExps(x, y, bytes, scales, origin, minArgumentOfDouble(), roundingBiasOfDouble(), DOUBLE);
}

/** y = e^(scale·x - m) / s. */
export function softmaxLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  let bytes = (usize(n) * inner) << 2;
  let factor = f32x4.splat(exactFactor(scale));
  let exact = isExactScale(scale);
  let lanes = inner > 1;
  do {
    let sum = f64x2.splat(expsOfRow(x, y, bytes, scale, factor, exact, lanes));
    let low = lanes ? sumLow : sum;
    let high = lanes ? sumHigh : sum;
    if (!exact || wide) divideWide(y, bytes, reciprocal(low, high), smallestNormal(low, high));
    else divideRow(y, bytes, reciprocal(low, high), low, false);
    x += bytes;
    y += bytes;
  } while (--outer);
}

/** logSoftmax y = (scale·x - m) - log s, or logSumExp y = m + log s. */
function logRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, kind: i32): void {
  let bytes = (usize(n) * inner) << 2;
  let exact = isExactScale(scale);
  let factor = f32x4.splat(exactFactor(scale));
  let lanes = inner > 1;
  do {
    let m = maxima(x, bytes, scale, factor, lanes);
    // The maximal logit as it stands in the row: exact, since the factor is a power of two.
    let logit = f32x4.div(m, factor);
    if (exact) {
      let shift = shiftOf(m);
      let maxExponent = maxExponentOf(m, shift);
      let minArgument = minArgumentOf(maxExponent);
      let roundingBias = roundingBiasOf(maxExponent);
      let sum = f64x2.splat(sumOfOthers(x, bytes, logit, factor, shift, minArgument, roundingBias));
      let log = lanes ? logOfSum(tieLanes, sumLow, m) : logOfSum(i32x4.splat(ties), sum, m);
      let logHigh = lanes ? logOfSum(upper(tieLanes), sumHigh, upper(m)) : log;
      if (kind == LOG_SOFTMAX) subtractLog(x, y, bytes, factor, m, demote(log, logHigh), SHIFTED);
      else {
        let result = demote(f64x2.add(promoteLow(m), log), f64x2.add(promoteHigh(m), logHigh));
        if (lanes) v128.store(y, result);
        else v128.store32_lane(y, result, 0);
      }
    } else {
      let origin = promoteLow(logit);
      let scales = f64x2.splat(scale);
      let sum = sumOfOthersDouble(x, bytes, logit, scales, origin, minArgumentOfDouble(), roundingBiasOfDouble());
      let log = logOfSum(i32x4.splat(ties), f64x2.splat(sum), f32x4.sub(m, m));
      if (kind == LOG_SOFTMAX) subtractLog(x, y, bytes, scales, origin, log, DOUBLE);
      else {
        store<f32>(y, f32(scale * f64x2.extract_lane(origin, 0) + f64x2.extract_lane(log, 0)));
      }
    }
    x += bytes;
    y += kind == LOG_SUM_EXP ? inner << 2 : bytes;
  } while (--outer);
}

export function logSoftmaxLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, inner, scale, LOG_SOFTMAX);
}

export function logSumExpLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, inner, scale, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, inner, scale);
}
