// Forward kernels for contiguous rows of four or more, one row at a time; or four rows side by side at a time.
//
//   m = max x,  s = Σ e^(x - m)        softmax e^(x - m) / s     logSoftmax (x - m) - log s     logSumExp m + log s
//
// Three sweeps over each row: the maximum; the scaled exponentials (exp.ts) and their sum; the division. If n is no multiple of
// four, the last vector of a row overlaps the one before, so that no sweep leaves the row or needs single floats.
//
// Four rows side by side (inner = 4) are as contiguous as one row of four times the length, and go through the same sweeps, a
// row a lane. The difference is at the end of a sweep: a single row reduces its four lanes to one number.
//
// A long row is summed in pieces, so that several threads can share it: see shared_rows.ts.

import {isWide, quotient, reciprocal, smallestNormal} from './divide';
import {
  shiftedLogit, distance, expm1Part, expm1PartDouble, minArgumentOf, minArgumentOfDouble, roundingBiasOf, roundingBiasOfDouble,
  maxExponentOf, exp2Bits, exp2BitsDouble, round, shiftOf, sumOfParts, scaledExp, scaledExpDouble,
} from './exp';
import {logOfSum} from './log';
import {settleInfinite} from './log_sum_exp';
import {DOUBLE, LOG_SOFTMAX, LOG_SUM_EXP, MASKED, PLAIN, SHIFTED, exactFactor, isExactScale} from './kinds';
import {fourMaskedOut, lanesOf, maskedOut, zeroMaskedOut} from './mask';
import {
  demote, lanesFrom, larger, maxOfLanes, promoteHigh, promoteHighInLoop, promoteLow, smaller, sumOfCounts, sumOfDoubles, upper,
} from './simd';

// What a sweep returns beside its result: AssemblyScript's functions return one value.
/** How many maximal logits `sumOfOthers` has left out. */
export let ties: i32 = 0;
/** Whether a row is wide: see divide.ts. Only for exact scales. */
export let wide: bool = false;
/** The same by lanes: the minimum, the sums of lanes 0 and 1 and of lanes 2 and 3, the ties. */
export let lowest = f32x4(0, 0, 0, 0);
let sumLow = f64x2(0, 0);
let sumHigh = f64x2(0, 0);
let tieLanes = i32x4(0, 0, 0, 0);

// What a sweep takes beside its arguments: one argument more would cost short rows 4 % of their time.
/**
 * Where the mask of the row at hand is, or of the piece; 0 if it has none. Every kernel that sweeps sets it first: a call
 * that was cut off, as by a timeout of node:vm, has not set it back.
 */
let mask: usize = 0;

/** For the kernels of other files. */
export function setMask(m: usize): void {
  mask = m;
}

/** The bytes of a piece; `PIECE` in ../pieces.ts has its elements. */
export const PIECE: usize = 1 << 14;

/** The next piece of a row of which so many bytes are left: none is shorter than a vector. */
@inline export function pieceOf(bytes: usize): usize {
  return bytes < PIECE + 16 ? bytes : PIECE;
}

// With a mask, a masked-out element is NaN for the maximum, which ignores NaN, and its scaled exponential is 0. The code of
// SHIFTED takes masks, except for the maximum: once for four vectors it tests whether there is one.

/** factor·x for the maximum. */
@inline function logitOf(x: v128, factor: v128, mode: i32): v128 {
  return mode == PLAIN ? x : f32x4.mul(x, factor);
}

/**
 * max factor·x over a row, by lanes; the minimum goes to `lowest`, where it is asked for. Both ignore NaN, which makes the
 * sum NaN instead.
 */
@inline function maximum(x: usize, bytes: usize, factor: v128, mode: i32, withMinimum: bool): v128 {
  let m = mask;
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
      let t0 = logitOf(x0, factor, mode);
      let t1 = logitOf(x1, factor, mode);
      let t2 = logitOf(x2, factor, mode);
      let t3 = logitOf(x3, factor, mode);
      if (mode == MASKED) {
        let out = maskedOut(v128.load(m + (i >> 2)));
        t0 = v128.or(t0, lanesOf(out, 0));
        t1 = v128.or(t1, lanesOf(out, 1));
        t2 = v128.or(t2, lanesOf(out, 2));
        t3 = v128.or(t3, lanesOf(out, 3));
      }
      max0 = larger(max0, t0);
      max1 = larger(max1, t1);
      max2 = larger(max2, t2);
      max3 = larger(max3, t3);
      if (withMinimum) {
        min0 = smaller(min0, t0);
        min1 = smaller(min1, t1);
        min2 = smaller(min2, t2);
        min3 = smaller(min3, t3);
      }
      i += 64;
    } while (i < whole);
  }
  let last = bytes - 16;
  while (i < bytes) {
    let at = min(i, last);
    let t0 = logitOf(v128.load(x + at), factor, mode);
    if (mode == MASKED) t0 = v128.or(t0, fourMaskedOut(m + (at >> 2)));
    max0 = larger(max0, t0);
    if (withMinimum) min0 = smaller(min0, t0);
    i += 16;
  }
  if (withMinimum) lowest = smaller(smaller(min0, min1), smaller(min2, min3));
  return larger(larger(max0, max1), larger(max2, max3));
}

/** scale·x - shift, but at least `minArgument`, whose scaled exponential is 0. */
@inline function argumentOf(x: v128, scale: v128, shift: v128, minArgument: v128, mode: i32): v128 {
  return mode == PLAIN ? larger(x, minArgument) : shiftedLogit(x, scale, shift, minArgument);
}

/**
 * The sum of the scaled exponentials of a row, which are stored at y.
 *
 * Sixteen are added as floats, two roundings deep, and their sum is added to doubles: in a float accumulator, a dominant
 * element would swallow the small ones that follow in its lane.
 *
 * @param origin the shift, or in DOUBLE the maximum
 */
@inline function sumOfExps(
  x: usize, y: usize, bytes: usize, scale: v128, origin: v128, minArgument: v128, roundingBias: v128, mode: i32,
): f64 {
  let m = mode == SHIFTED ? mask : 0;
  let low = f64x2.splat(0);
  let high = low;
  let i: usize = 0;
  let whole = bytes & ~63;
  if (mode != DOUBLE && whole) {
    do {
      let a0 = argumentOf(v128.load(x + i), scale, origin, minArgument, mode);
      let a1 = argumentOf(v128.load(x + i, 16), scale, origin, minArgument, mode);
      let a2 = argumentOf(v128.load(x + i, 32), scale, origin, minArgument, mode);
      let a3 = argumentOf(v128.load(x + i, 48), scale, origin, minArgument, mode);
      if (m) {
        let out = maskedOut(v128.load(m + (i >> 2)));
        a0 = v128.bitselect(minArgument, a0, lanesOf(out, 0));
        a1 = v128.bitselect(minArgument, a1, lanesOf(out, 1));
        a2 = v128.bitselect(minArgument, a2, lanesOf(out, 2));
        a3 = v128.bitselect(minArgument, a3, lanesOf(out, 3));
      }
      let v0 = scaledExp(a0, roundingBias);
      let v1 = scaledExp(a1, roundingBias);
      let v2 = scaledExp(a2, roundingBias);
      let v3 = scaledExp(a3, roundingBias);
      v128.store(y + i, v0);
      v128.store(y + i, v1, 16);
      v128.store(y + i, v2, 32);
      v128.store(y + i, v3, 48);
      let sum = f32x4.add(f32x4.add(v0, v1), f32x4.add(v2, v3));
      low = f64x2.add(low, promoteLow(sum));
      high = f64x2.add(high, promoteHighInLoop(sum));
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
      let v = v128.load(x + i);
      if (mode == DOUBLE) v = scaledExpDouble(v, scale, origin, origin, minArgument, roundingBias);
      else {
        v = argumentOf(v, scale, origin, minArgument, mode);
        if (m) v = v128.bitselect(minArgument, v, fourMaskedOut(m + (i >> 2)));
        v = scaledExp(v, roundingBias);
      }
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

/**
 * The offset, between `from` and `end`, of the first 64 bytes in which a lane of x equals that of `sought`; or else `end`. The
 * same test within the loop of the sum would make that 10 % slower.
 */
function firstEqual(x: usize, from: usize, end: usize, sought: v128): usize {
  if (!v128.any_true(f32x4.eq(sought, sought))) return end;
  while (from < end) {
    let t01 = v128.or(f32x4.eq(v128.load(x + from), sought), f32x4.eq(v128.load(x + from, 16), sought));
    let t23 = v128.or(f32x4.eq(v128.load(x + from, 32), sought), f32x4.eq(v128.load(x + from, 48), sought));
    if (i32x4.bitmask(v128.or(t01, t23))) return from;
    from += 64;
  }
  return end;
}

/**
 * The sum of the scaled exponentials of a row without the maximum: the small ones would be lost if they were added to it in
 * floats. Left out are all maximal logits in the first 64 bytes that have any; they are counted in `ties`. Further ones are
 * summed: with two maxima log s is log 2 or more, and there is nothing small in it.
 *
 * @param y where logSoftmax will be, or 0. Something is stored in each of its cache lines: otherwise the last sweep, which
 *   computes little, would wait for them
 * @param seek whether maxima are left out
 * @param lanes whether these are four rows side by side; the maximum of each is then left out
 */
@inline function sumOfOthersIn(
  x: usize, y: usize, bytes: usize, max: v128, scale: v128, shift: v128, minArgument: v128, roundingBias: v128,
  seek: bool, lanes: bool, mode: i32,
): f64 {
  let m = mode == SHIFTED ? mask : 0;
  let low = f64x2.splat(0);
  let high = low;
  let expm1Low = low;
  let expm1High = low;
  let count = i32x4.splat(0);
  let maxArgument = argumentOf(max, scale, shift, minArgument, mode);
  let sought = seek ? max : f32x4.splat(NaN);
  let i: usize = 0;
  let whole = bytes & ~63;
  let last = bytes - 16;
  let countedLanes = i32x4.splat(-1);
  do {
    let end = firstEqual(x, i, whole, sought);
    if (i < end) {
      do {
        let x0 = v128.load(x + i);
        let x1 = v128.load(x + i, 16);
        let x2 = v128.load(x + i, 32);
        let x3 = v128.load(x + i, 48);
        if (y) v128.store(y + i, x0);
        let a0 = argumentOf(x0, scale, shift, minArgument, mode);
        let a1 = argumentOf(x1, scale, shift, minArgument, mode);
        let a2 = argumentOf(x2, scale, shift, minArgument, mode);
        let a3 = argumentOf(x3, scale, shift, minArgument, mode);
        if (m) {
          let out = maskedOut(v128.load(m + (i >> 2)));
          a0 = v128.bitselect(minArgument, a0, lanesOf(out, 0));
          a1 = v128.bitselect(minArgument, a1, lanesOf(out, 1));
          a2 = v128.bitselect(minArgument, a2, lanesOf(out, 2));
          a3 = v128.bitselect(minArgument, a3, lanesOf(out, 3));
        }
        let k0 = round(a0, roundingBias);
        let k1 = round(a1, roundingBias);
        let k2 = round(a2, roundingBias);
        let k3 = round(a3, roundingBias);
        let p0 = exp2Bits(k0);
        let p1 = exp2Bits(k1);
        let p2 = exp2Bits(k2);
        let p3 = exp2Bits(k3);
        let powers = f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3));
        low = f64x2.add(low, promoteLow(powers));
        high = f64x2.add(high, promoteHighInLoop(powers));
        let e0 = expm1Part(a0, k0, roundingBias, p0);
        let e1 = expm1Part(a1, k1, roundingBias, p1);
        let e2 = expm1Part(a2, k2, roundingBias, p2);
        let e3 = expm1Part(a3, k3, roundingBias, p3);
        let expm1Parts = f32x4.add(f32x4.add(e0, e1), f32x4.add(e2, e3));
        expm1Low = f64x2.add(expm1Low, promoteLow(expm1Parts));
        expm1High = f64x2.add(expm1High, promoteHighInLoop(expm1Parts));
        i += 64;
      } while (i < end);
      if (i == bytes) break;
    }
    end = min(i + 64, bytes);
    do {
      if (i > last) {
        countedLanes = lanesFrom(i32((i - last) >> 2));
        i = last;
      }
      let a = argumentOf(v128.load(x + i), scale, shift, minArgument, mode);
      if (m) a = v128.bitselect(minArgument, a, fourMaskedOut(m + (i >> 2)));
      let k = round(a, roundingBias);
      let tie = v128.and(f32x4.eq(a, maxArgument), countedLanes);
      let powers = v128.andnot(v128.and(exp2Bits(k), countedLanes), tie);
      let expm1Parts = expm1Part(a, k, roundingBias, powers);
      count = i32x4.add(count, tie);
      low = f64x2.add(low, promoteLow(powers));
      high = f64x2.add(high, promoteHigh(powers));
      expm1Low = f64x2.add(expm1Low, promoteLow(expm1Parts));
      expm1High = f64x2.add(expm1High, promoteHigh(expm1Parts));
      i += 16;
    } while (i < end);
    // What is found is sought no more: NaN equals nothing.
    if (lanes) sought = v128.or(sought, count);
    else if (v128.any_true(count)) sought = f32x4.splat(NaN);
  } while (i < bytes);
  low = sumOfParts(low, expm1Low);
  high = sumOfParts(high, expm1High);
  sumLow = low;
  sumHigh = high;
  tieLanes = i32x4.neg(count);
  ties = -sumOfCounts(count);
  return sumOfDoubles(f64x2.add(low, high));
}

function sumOfOthersPlain(
  x: usize, y: usize, bytes: usize, max: v128, minArgument: v128, roundingBias: v128, seek: bool, lanes: bool,
): f64 {
  return sumOfOthersIn(x, y, bytes, max, minArgument, minArgument, minArgument, roundingBias, seek, lanes, PLAIN);
}

function sumOfOthersShifted(
  x: usize, y: usize, bytes: usize, max: v128, scale: v128, shift: v128, minArgument: v128, roundingBias: v128, seek: bool,
  lanes: bool,
): f64 {
  return sumOfOthersIn(x, y, bytes, max, scale, shift, minArgument, roundingBias, seek, lanes, SHIFTED);
}

/** The same for any exact scale. */
export function sumOfOthers(
  x: usize, y: usize, bytes: usize, max: v128, scale: v128, isPlain: bool, seek: bool, lanes: bool,
): f64 {
  let scaledMax = f32x4.mul(max, scale);
  let shift = shiftOf(scaledMax);
  let maxExponent = maxExponentOf(scaledMax, shift);
  let minArgument = minArgumentOf(maxExponent);
  let roundingBias = roundingBiasOf(maxExponent);
  if (isPlain && !mask && !v128.any_true(shift)) {
    return sumOfOthersPlain(x, y, bytes, max, minArgument, roundingBias, seek, lanes);
  }
  return sumOfOthersShifted(x, y, bytes, max, scale, shift, minArgument, roundingBias, seek, lanes);
}

/** The same for any scale, in doubles. All maxima are left out. */
export function sumOfOthersDouble(x: usize, bytes: usize, max: v128, factor: f64): f64 {
  let scale = f64x2.splat(factor);
  let origin = promoteLow(max);
  let minArgument = minArgumentOfDouble();
  let roundingBias = roundingBiasOfDouble();
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

export function divideNarrow(y: usize, bytes: usize, factor: v128): void {
  divideRow(y, bytes, factor, factor, false);
}

export function divideWide(y: usize, bytes: usize, factor: v128, least: v128): void {
  divideRow(y, bytes, factor, least, true);
}

/** (scale·x - m) - log s on four logits, in DOUBLE scale·(x - m) - log s. */
@inline function logValue(x: v128, scale: v128, max: v128, log: v128, mode: i32): v128 {
  if (mode == DOUBLE) {
    return demote(
      f64x2.sub(distance(promoteLow(x), max, scale), log), f64x2.sub(distance(promoteHigh(x), max, scale), log),
    );
  }
  return f32x4.sub(f32x4.sub(mode == PLAIN ? x : f32x4.mul(x, scale), max), log);
}

/** The last sweep over a row of logSoftmax. */
@inline function subtractLog(
  x: usize, y: usize, bytes: usize, scale: v128, max: v128, log: v128, mode: i32,
): void {
  let i: usize = 0;
  let whole = bytes & ~63;
  if (mode == PLAIN && whole) {
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

export function subtractLogPlain(x: usize, y: usize, bytes: usize, max: v128, log: v128): void {
  subtractLog(x, y, bytes, max, max, log, PLAIN);
}

export function subtractLogExact(x: usize, y: usize, bytes: usize, scale: v128, max: v128, log: v128): void {
  subtractLog(x, y, bytes, scale, max, log, SHIFTED);
}

export function subtractLogMasked(x: usize, y: usize, bytes: usize, scale: v128, max: v128, log: v128, m: usize): void {
  let i: usize = 0;
  do {
    let at = min(i, bytes - 16);
    let result = logValue(v128.load(x + at), scale, max, log, SHIFTED);
    v128.store(y + at, v128.bitselect(f32x4.splat(-Infinity), result, fourMaskedOut(m + (at >> 2))));
    i += 16;
  } while (i < bytes);
}

export function subtractLogDouble(x: usize, y: usize, bytes: usize, scale: v128, max: v128, log: v128): void {
  subtractLog(x, y, bytes, scale, max, log, DOUBLE);
}

/** A function of its own: V8 then has more registers for the loop, which takes 2 % less time. */
function sumOfPlainExps(x: usize, y: usize, bytes: usize, minArgument: v128, roundingBias: v128): f64 {
  return sumOfExps(x, y, bytes, minArgument, minArgument, minArgument, roundingBias, PLAIN);
}

/** As functions, because several kernels call them. */
export function maximumPlain(x: usize, bytes: usize): v128 {
  return maximum(x, bytes, f32x4.splat(1), PLAIN, false);
}

function extremesPlain(x: usize, bytes: usize): v128 {
  return maximum(x, bytes, f32x4.splat(1), PLAIN, true);
}

function maximumMasked(x: usize, bytes: usize, factor: v128): v128 {
  return maximum(x, bytes, factor, MASKED, false);
}

function extremesScaled(x: usize, bytes: usize, factor: v128): v128 {
  return maximum(x, bytes, factor, SHIFTED, true);
}

/** max scale·x: of a row in all lanes, or of four rows a lane each. */
@inline export function maxima(
  x: usize, bytes: usize, scale: f64, factor: v128, lanes: bool, withMinimum: bool,
): v128 {
  let max: v128;
  if (mask) max = maximumMasked(x, bytes, factor);
  else if (scale != 1) max = extremesScaled(x, bytes, factor);
  else max = withMinimum ? extremesPlain(x, bytes) : maximumPlain(x, bytes);
  return lanes ? max : f32x4.splat(maxOfLanes(max));
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
  let max = maxima(x, bytes, scale, factor, lanes, true);
  wide = mask != 0 || isWide(lowest, max);
  let sum: f64 = 0;
  do {
    let piece = lanes ? bytes : pieceOf(bytes);
    sum += expsOfPiece(max, x, y, piece, scale, factor, exact);
    x += piece;
    y += piece;
    if (mask) mask += piece >> 2;
    bytes -= piece;
  } while (bytes);
  return sum;
}

/** The same for a piece of a row, whose maximum is known. */
export function expsOfPiece(
  max: v128, x: usize, y: usize, bytes: usize, scale: f64, factor: v128, exact: bool,
): f64 {
  if (exact) {
    let shift = shiftOf(max);
    let maxExponent = maxExponentOf(max, shift);
    let minArgument = minArgumentOf(maxExponent);
    let roundingBias = roundingBiasOf(maxExponent);
    if (scale == 1 && !mask && !v128.any_true(shift)) return sumOfPlainExps(x, y, bytes, minArgument, roundingBias);
    return sumOfExps(x, y, bytes, factor, shift, minArgument, roundingBias, SHIFTED);
  }
  let origin = promoteLow(f32x4.mul(max, factor));
  let scales = f64x2.splat(scale);
  return sumOfExps(x, y, bytes, scales, origin, minArgumentOfDouble(), roundingBiasOfDouble(), DOUBLE);
}

/**
 * y = e^(scale·x - m) / s.
 * @param m where the masks are of rows one at a time, `mOuter` bytes apart; or 0: likewise below
 */
export function softmaxRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, mOuter: usize,
): void {
  let bytes = (usize(n) * inner) << 2;
  let factor = f32x4.splat(exactFactor(scale));
  let exact = isExactScale(scale);
  let lanes = inner > 1;
  do {
    mask = m;
    let sum = expsOfRow(x, y, bytes, scale, factor, exact, lanes);
    let low = lanes ? sumLow : f64x2.splat(sum);
    let high = lanes ? sumHigh : low;
    let one = reciprocal(low, high);
    if (!exact || wide) divideWide(y, bytes, one, smallestNormal(low, high));
    else divideNarrow(y, bytes, one);
    if (m) {
      // A masked-out element is 0 even in a row that is NaN, or has nothing else.
      if (isNaN(sum)) zeroMaskedOut(y, n, m);
      m += mOuter;
    }
    x += bytes;
    y += bytes;
  } while (--outer);
  mask = 0;
}

/** logSoftmax y = (scale·x - m) - log s, or logSumExp y = m + log s. */
export function logRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, mOuter: usize, kind: i32,
): void {
  let bytes = (usize(n) * inner) << 2;
  let exact = isExactScale(scale);
  let factor = f32x4.splat(exactFactor(scale));
  let lanes = inner > 1;
  do {
    mask = m;
    let max = maxima(x, bytes, scale, factor, lanes, false);
    // The maximal logit as it stands in the row: exact, since the factor is a power of two.
    let logit = f32x4.div(max, factor);
    let sum: f64 = 0;
    let count = 0;
    let done: usize = 0;
    do {
      let piece = lanes ? bytes : pieceOf(bytes - done);
      sum += exact
        ? sumOfOthers(x + done, kind == LOG_SOFTMAX ? y + done : 0, piece, logit, factor, scale == 1, !count, lanes)
        : sumOfOthersDouble(x + done, piece, logit, scale);
      count += ties;
      done += piece;
      if (m) mask += piece >> 2;
    } while (done < bytes);
    if (exact) {
      let log = lanes ? logOfSum(tieLanes, sumLow, max) : logOfSum(i32x4.splat(count), f64x2.splat(sum), max);
      let logHigh = lanes ? logOfSum(upper(tieLanes), sumHigh, upper(max)) : log;
      if (kind == LOG_SOFTMAX && m) subtractLogMasked(x, y, bytes, factor, max, demote(log, log), m);
      else if (kind == LOG_SOFTMAX && scale == 1) subtractLogPlain(x, y, bytes, max, demote(log, logHigh));
      else if (kind == LOG_SOFTMAX) subtractLogExact(x, y, bytes, factor, max, demote(log, logHigh));
      else {
        let result = demote(f64x2.add(promoteLow(max), log), f64x2.add(promoteHigh(max), logHigh));
        if (lanes) v128.store(y, result);
        else v128.store32_lane(y, result, 0);
      }
    } else {
      let origin = promoteLow(logit);
      let log = logOfSum(i32x4.splat(count), f64x2.splat(sum), f32x4.sub(max, max));
      if (kind == LOG_SOFTMAX) subtractLogDouble(x, y, bytes, f64x2.splat(scale), origin, log);
      else {
        store<f32>(y, f32(scale * f64x2.extract_lane(origin, 0) + f64x2.extract_lane(log, 0)));
      }
    }
    x += bytes;
    y += kind == LOG_SUM_EXP ? inner << 2 : bytes;
    if (m) m += mOuter;
  } while (--outer);
  mask = 0;
}

export function softmaxLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  softmaxRows(x, y, outer, n, inner, scale, 0, 0);
}

export function logSoftmaxLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, inner, scale, 0, 0, LOG_SOFTMAX);
}

export function logSumExpLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, inner, scale, 0, 0, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, inner, scale, inner);
}
