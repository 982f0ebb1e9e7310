// Forward kernels for contiguous rows of four or more, one row at a time; or four rows side by side at a time.
//
//   m = max x,  s = Σ e^(x - m)        softmax e^(x - m) / s     logSoftmax (x - m) - log s     logSumExp m + log s
//
// Three sweeps: maximum; values and their sum; division. The last vector of a row overlaps the one before where n is no
// multiple of four, so that no sweep leaves the row or needs single floats.
//
// Four rows side by side (inner = 4) are as contiguous as one of four times the length: they go through the same sweeps,
// by lanes. Only at the end of a sweep a single row makes one number of its four lanes.

import {isWide, quotient, reciprocal, smallestNormal} from './divide';
import {
  argument, distance, excess, excessDouble, floorOf, floorOfDouble, magicOf, magicOfDouble,
  octavesOf, power, powerDouble, round, shiftOf, sumOfParts, value, valueDouble,
} from './exp';
import {logOfSum} from './log';
import {settleInfinite} from './log_sum_exp';
import {DOUBLE, LOG_SOFTMAX, LOG_SUM_EXP, PLAIN, SHIFTED, exactFactor, isExactScale} from './kinds';
import {
  demote, lanesFrom, larger, maxOfLanes, promoteHigh, promoteLow, smaller, sumOfCounts, sumOfDoubles, upper,
} from './simd';

// A sweep's results beside the one it returns: WebAssembly functions made by AssemblyScript return one value.
export let ties: i32 = 0;
/** Whether a row is wide: see divide.ts. Only for exact scales. */
export let wide: bool = false;
/** By lanes: the minimum, the sums of lanes 0 and 1 and of lanes 2 and 3, and how many ties. */
let lowest = f32x4.splat(0);
let sumLow = f64x2.splat(0);
let sumHigh = f64x2.splat(0);
let tieLanes = i32x4.splat(0);

/**
 * max factor·x over a row, by lanes; the minimum is `lowest`. NaN is passed over: it poisons the sum instead.
 */
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

/** The values of four logits; `origin` is the shift in floats, or in DOUBLE the maximum. */
@inline function rowValue(x: v128, scale: v128, origin: v128, floor: v128, magic: v128, mode: i32): v128 {
  if (mode == PLAIN) return value(larger(x, floor), magic);
  else if (mode == SHIFTED) return value(argument(x, scale, origin, floor), magic);
  else return valueDouble(x, scale, origin, origin, floor, magic);
}

/**
 * The sum of the values of a row, which go to y.
 *
 * Sixteen values are added as floats, two roundings deep, and their sum goes to doubles: with float accumulators a
 * dominant value would swallow the small ones that follow in its lane.
 */
@inline function sumOfValues(
  x: usize, y: usize, bytes: usize, scale: v128, origin: v128, floor: v128, magic: v128, mode: i32,
): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let i: usize = 0;
  let whole = bytes & ~63;
  if (mode != DOUBLE && whole) {
    do {
      let v0 = rowValue(v128.load(x + i), scale, origin, floor, magic, mode);
      let v1 = rowValue(v128.load(x + i, 16), scale, origin, floor, magic, mode);
      let v2 = rowValue(v128.load(x + i, 32), scale, origin, floor, magic, mode);
      let v3 = rowValue(v128.load(x + i, 48), scale, origin, floor, magic, mode);
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
    let fresh = i32x4.splat(-1);
    do {
      if (i > last) {
        fresh = lanesFrom(i32((i - last) >> 2));
        i = last;
      }
      let v = rowValue(v128.load(x + i), scale, origin, floor, magic, mode);
      v128.store(y + i, v);
      v = v128.and(v, fresh);
      low = f64x2.add(low, promoteLow(v));
      high = f64x2.add(high, promoteHigh(v));
      i += 16;
    } while (i < bytes);
  }
  sumLow = low;
  sumHigh = high;
  return sumOfDoubles(f64x2.add(low, high));
}

/** The sum of the values of a row, without the logits equal to `max`; these are counted in `ties`. */
export function sumOfOthers(
  x: usize, bytes: usize, max: v128, scale: v128, shift: v128, floor: v128, magic: v128,
): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let restLow = low;
  let restHigh = low;
  let count = i32x4.splat(0);
  let i: usize = 0;
  let whole = bytes & ~63;
  if (whole) {
    do {
      let x0 = v128.load(x + i);
      let x1 = v128.load(x + i, 16);
      let x2 = v128.load(x + i, 32);
      let x3 = v128.load(x + i, 48);
      let a0 = argument(x0, scale, shift, floor);
      let a1 = argument(x1, scale, shift, floor);
      let a2 = argument(x2, scale, shift, floor);
      let a3 = argument(x3, scale, shift, floor);
      let k0 = round(a0, magic);
      let k1 = round(a1, magic);
      let k2 = round(a2, magic);
      let k3 = round(a3, magic);
      let t0 = f32x4.eq(x0, max);
      let t1 = f32x4.eq(x1, max);
      let t2 = f32x4.eq(x2, max);
      let t3 = f32x4.eq(x3, max);
      let p0 = v128.andnot(power(k0), t0);
      let p1 = v128.andnot(power(k1), t1);
      let p2 = v128.andnot(power(k2), t2);
      let p3 = v128.andnot(power(k3), t3);
      count = i32x4.add(count, i32x4.add(i32x4.add(t0, t1), i32x4.add(t2, t3)));
      let powers = f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3));
      low = f64x2.add(low, promoteLow(powers));
      high = f64x2.add(high, promoteHigh(powers));
      let e0 = f32x4.mul(excess(a0, k0, magic), p0);
      let e1 = f32x4.mul(excess(a1, k1, magic), p1);
      let e2 = f32x4.mul(excess(a2, k2, magic), p2);
      let e3 = f32x4.mul(excess(a3, k3, magic), p3);
      let excesses = f32x4.add(f32x4.add(e0, e1), f32x4.add(e2, e3));
      restLow = f64x2.add(restLow, promoteLow(excesses));
      restHigh = f64x2.add(restHigh, promoteHigh(excesses));
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
      let x0 = v128.load(x + i);
      let tie = f32x4.eq(x0, max);
      count = i32x4.add(count, v128.and(tie, fresh));
      let a = argument(x0, scale, shift, floor);
      let k = round(a, magic);
      let powers = v128.andnot(v128.and(power(k), fresh), tie);
      let excesses = f32x4.mul(excess(a, k, magic), powers);
      low = f64x2.add(low, promoteLow(powers));
      high = f64x2.add(high, promoteHigh(powers));
      restLow = f64x2.add(restLow, promoteLow(excesses));
      restHigh = f64x2.add(restHigh, promoteHigh(excesses));
      i += 16;
    } while (i < bytes);
  }
  low = sumOfParts(low, restLow);
  high = sumOfParts(high, restHigh);
  sumLow = low;
  sumHigh = high;
  tieLanes = i32x4.neg(count);
  ties = -sumOfCounts(count);
  return sumOfDoubles(f64x2.add(low, high));
}

/** The same for any scale, in doubles; `origin` is the maximum once more. */
function sumOfOthersDouble(
  x: usize, bytes: usize, max: v128, scale: v128, origin: v128, floor: v128, magic: v128,
): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let count = i32x4.splat(0);
  let last = bytes - 16;
  let fresh = i32x4.splat(-1);
  let i: usize = 0;
  do {
    if (i > last) {
      fresh = lanesFrom(i32((i - last) >> 2));
      i = last;
    }
    let x0 = v128.load(x + i);
    let tie = f32x4.eq(x0, max);
    count = i32x4.add(count, v128.and(tie, fresh));
    let powers = v128.andnot(v128.and(powerDouble(x0, scale, origin, origin, floor, magic), fresh), tie);
    let excesses = f32x4.mul(excessDouble(x0, scale, origin, origin, floor, magic), powers);
    low = f64x2.add(low, sumOfParts(promoteLow(powers), promoteLow(excesses)));
    high = f64x2.add(high, sumOfParts(promoteHigh(powers), promoteHigh(excesses)));
    i += 16;
  } while (i < bytes);
  ties = -sumOfCounts(count);
  return sumOfDoubles(f64x2.add(low, high));
}

/** Divides a row by its sum, in place; the overlapping end is read before the sweep that rewrites part of it. */
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

/** y = (scale·x - m) - log s on one row of four or more, with an exact scale. */
function subtractLogShifted(x: usize, y: usize, bytes: usize, scale: v128, max: v128, log: v128): void {
  subtractLog(x, y, bytes, scale, max, log, SHIFTED);
}

function subtractLogDouble(x: usize, y: usize, bytes: usize, scale: v128, origin: v128, log: v128): void {
  subtractLog(x, y, bytes, scale, origin, log, DOUBLE);
}

// The sweeps as functions of their own, because more than one kernel calls them: twice the code would not fit the
// budget.

/** By lanes. */
export function maximumPlain(x: usize, bytes: usize): v128 {
  return maximum(x, bytes, f32x4.splat(1), true);
}

function maximumScaled(x: usize, bytes: usize, factor: v128): v128 {
  return maximum(x, bytes, factor, false);
}

function softmaxPlain(x: usize, y: usize, bytes: usize, floor: v128, magic: v128): f64 {
  return sumOfValues(x, y, bytes, floor, floor, floor, magic, PLAIN);
}

function softmaxShifted(x: usize, y: usize, bytes: usize, scale: v128, shift: v128, floor: v128, magic: v128): f64 {
  return sumOfValues(x, y, bytes, scale, shift, floor, magic, SHIFTED);
}

function softmaxDouble(x: usize, y: usize, bytes: usize, scale: v128, origin: v128, floor: v128, magic: v128): f64 {
  return sumOfValues(x, y, bytes, scale, origin, floor, magic, DOUBLE);
}

/** max scale·x: of a row in all lanes, or of four rows a lane each. */
@inline function maxima(x: usize, bytes: usize, scale: f64, factor: v128, lanes: bool): v128 {
  let m = scale == 1 ? maximumPlain(x, bytes) : maximumScaled(x, bytes, factor);
  return lanes ? m : f32x4.splat(maxOfLanes(m));
}

/**
 * The values e^(scale·x - m) of one row, which go to y, up to a factor of the row; returns their sum. `factor`
 * and `exact` depend only on the scale: compute `exactFactor` and `isExactScale` once for all rows.
 *
 * @param lanes whether these are four rows side by side, a lane each; then the scale is exact
 */
export function valuesOfRow(
  x: usize, y: usize, bytes: usize, scale: f64, factor: v128, exact: bool, lanes: bool,
): f64 {
  let m = maxima(x, bytes, scale, factor, lanes);
  wide = isWide(lowest, m);
  if (exact) {
    let shift = shiftOf(m);
    let octaves = octavesOf(m, shift);
    let floor = floorOf(octaves);
    let magic = magicOf(octaves);
    if (scale == 1 && !v128.any_true(shift)) return softmaxPlain(x, y, bytes, floor, magic);
    return softmaxShifted(x, y, bytes, factor, shift, floor, magic);
  }
  let origin = promoteLow(f32x4.mul(m, factor));
  return softmaxDouble(x, y, bytes, f64x2.splat(scale), origin, floorOfDouble(), magicOfDouble());
}

/** y = e^(scale·x - m) / s. */
export function softmaxLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  let bytes = (usize(n) * inner) << 2;
  let factor = f32x4.splat(exactFactor(scale));
  let exact = isExactScale(scale);
  let lanes = inner > 1;
  do {
    let sum = f64x2.splat(valuesOfRow(x, y, bytes, scale, factor, exact, lanes));
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
    // The maximal logit as it stands in the row: the factor is a power of two.
    let logit = f32x4.div(m, factor);
    if (exact) {
      let shift = shiftOf(m);
      let octaves = octavesOf(m, shift);
      let floor = floorOf(octaves);
      let magic = magicOf(octaves);
      let sum = f64x2.splat(sumOfOthers(x, bytes, logit, factor, shift, floor, magic));
      let log = lanes ? logOfSum(tieLanes, sumLow, m) : logOfSum(i32x4.splat(ties), sum, m);
      let logHigh = lanes ? logOfSum(upper(tieLanes), sumHigh, upper(m)) : log;
      if (kind == LOG_SOFTMAX) subtractLogShifted(x, y, bytes, factor, m, demote(log, logHigh));
      else {
        let result = demote(f64x2.add(promoteLow(m), log), f64x2.add(promoteHigh(m), logHigh));
        if (lanes) v128.store(y, result);
        else v128.store32_lane(y, result, 0);
      }
    } else {
      let origin = promoteLow(logit);
      let scales = f64x2.splat(scale);
      let sum = sumOfOthersDouble(x, bytes, logit, scales, origin, floorOfDouble(), magicOfDouble());
      let log = logOfSum(i32x4.splat(ties), f64x2.splat(sum), f32x4.sub(m, m));
      if (kind == LOG_SOFTMAX) subtractLogDouble(x, y, bytes, scales, origin, log);
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
