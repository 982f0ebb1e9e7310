// Forward kernels for contiguous rows of four or more, one row at a time.
//
//   m = max x,  s = Σ e^(x - m)        softmax e^(x - m) / s     logSoftmax (x - m) - log s     logSumExp m + log s
//
// Three sweeps: maximum; values and their sum; division. The last vector of a row overlaps the one before where n is no
// multiple of four, so that no sweep leaves the row or needs single floats.

import {
  biasFor, distance, floorOf, floorOfDouble, magicOf, magicOfDouble, octavesOf, shiftOf, value,
} from './exp';
import {logOfSum} from './log';
import {settleInfinite} from './log_sum_exp';
import {DOUBLE, LOG_SOFTMAX, LOG_SUM_EXP, PLAIN, SHIFTED, SOFTMAX, exactFactor, isExactScale} from './kinds';
import {
  demote, lanesFrom, larger, maxOfLanes, promoteHigh, promoteLow, sumOfCounts, sumOfDoubles, upper,
} from './simd';

/** A row's second result beside its sum: WebAssembly functions made by AssemblyScript return one value. */
let ties: i32 = 0;

/** max factor·x over a row. NaN is passed over: it poisons the sum instead. */
@inline function maximum(x: usize, bytes: usize, factor: v128, plain: bool): f32 {
  let m0 = f32x4.splat(-Infinity);
  let m1 = m0;
  let m2 = m0;
  let m3 = m0;
  let i: usize = 0;
  let whole = bytes & ~63;
  if (whole) {
    do {
      let x0 = v128.load(x + i);
      let x1 = v128.load(x + i, 16);
      let x2 = v128.load(x + i, 32);
      let x3 = v128.load(x + i, 48);
      m0 = larger(m0, plain ? x0 : f32x4.mul(x0, factor));
      m1 = larger(m1, plain ? x1 : f32x4.mul(x1, factor));
      m2 = larger(m2, plain ? x2 : f32x4.mul(x2, factor));
      m3 = larger(m3, plain ? x3 : f32x4.mul(x3, factor));
      i += 64;
    } while (i < whole);
  }
  let last = bytes - 16;
  while (i < last) {
    let x0 = v128.load(x + i);
    m0 = larger(m0, plain ? x0 : f32x4.mul(x0, factor));
    i += 16;
  }
  let x0 = v128.load(x + last);
  m1 = larger(m1, plain ? x0 : f32x4.mul(x0, factor));
  return maxOfLanes(larger(larger(m0, m1), larger(m2, m3)));
}

/**
 * The sum of the values of a row. For softmax the values go to y. For the other two the logits equal to `max` are left
 * out, and counted in `ties`.
 *
 * Sixteen values are added as floats, two roundings deep, and their sum goes to doubles: with float accumulators a
 * dominant value would swallow the small ones that follow in its lane.
 */
@inline function sumOfValues(
  x: usize, y: usize, bytes: usize, max: v128,
  scale: v128, origin: v128, floor: v128, magic: v128, mode: i32, kind: i32,
): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let count = i32x4.splat(0);
  let i: usize = 0;
  let whole = bytes & ~63;
  if (mode != DOUBLE && whole) {
    do {
      let x0 = v128.load(x + i);
      let x1 = v128.load(x + i, 16);
      let x2 = v128.load(x + i, 32);
      let x3 = v128.load(x + i, 48);
      let v0 = value(x0, scale, origin, origin, floor, magic, mode);
      let v1 = value(x1, scale, origin, origin, floor, magic, mode);
      let v2 = value(x2, scale, origin, origin, floor, magic, mode);
      let v3 = value(x3, scale, origin, origin, floor, magic, mode);
      if (kind == SOFTMAX) {
        v128.store(y + i, v0);
        v128.store(y + i, v1, 16);
        v128.store(y + i, v2, 32);
        v128.store(y + i, v3, 48);
      } else {
        let e0 = f32x4.eq(x0, max);
        let e1 = f32x4.eq(x1, max);
        let e2 = f32x4.eq(x2, max);
        let e3 = f32x4.eq(x3, max);
        count = i32x4.add(count, i32x4.add(i32x4.add(e0, e1), i32x4.add(e2, e3)));
        v0 = v128.andnot(v0, e0);
        v1 = v128.andnot(v1, e1);
        v2 = v128.andnot(v2, e2);
        v3 = v128.andnot(v3, e3);
      }
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
      let x0 = v128.load(x + i);
      let v0 = value(x0, scale, origin, origin, floor, magic, mode);
      if (kind == SOFTMAX) v128.store(y + i, v0);
      else {
        let e0 = v128.and(f32x4.eq(x0, max), fresh);
        count = i32x4.add(count, e0);
        v0 = v128.andnot(v0, e0);
      }
      v0 = v128.and(v0, fresh);
      low = f64x2.add(low, promoteLow(v0));
      high = f64x2.add(high, promoteHigh(v0));
      i += 16;
    } while (i < bytes);
  }
  if (kind != SOFTMAX) ties = -sumOfCounts(count);
  return sumOfDoubles(f64x2.add(low, high));
}

/** Divides a row by its sum, in place; the overlapping end is read before the sweep that rewrites part of it. */
function divideRow(y: usize, bytes: usize, sum: f64): void {
  let factor = f32x4.splat(f32(1 / sum));
  let last = bytes - 16;
  let end = f32x4.mul(v128.load(y + last), factor);
  let i: usize = 0;
  let whole = bytes & ~63;
  if (whole) {
    do {
      let y0 = f32x4.mul(v128.load(y + i), factor);
      let y1 = f32x4.mul(v128.load(y + i, 16), factor);
      let y2 = f32x4.mul(v128.load(y + i, 32), factor);
      let y3 = f32x4.mul(v128.load(y + i, 48), factor);
      v128.store(y + i, y0);
      v128.store(y + i, y1, 16);
      v128.store(y + i, y2, 32);
      v128.store(y + i, y3, 48);
      i += 64;
    } while (i < whole);
  }
  while (i < last) {
    v128.store(y + i, f32x4.mul(v128.load(y + i), factor));
    i += 16;
  }
  v128.store(y + last, end);
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
  let last = bytes - 16;
  while (i < last) {
    v128.store(y + i, logValue(v128.load(x + i), scale, max, log, mode));
    i += 16;
  }
  v128.store(y + last, logValue(v128.load(x + last), scale, max, log, mode));
}

/** y = (scale·x - m) - log s on one row of four or more, with an exact scale. */
export function subtractLogShifted(x: usize, y: usize, bytes: usize, scale: v128, max: v128, log: v128): void {
  subtractLog(x, y, bytes, scale, max, log, SHIFTED);
}

function subtractLogDouble(x: usize, y: usize, bytes: usize, scale: v128, origin: v128, log: v128): void {
  subtractLog(x, y, bytes, scale, origin, log, DOUBLE);
}

// The sweeps as functions of their own, because more than one kernel calls them: twice the code would not fit the budget.

function maximumPlain(x: usize, bytes: usize): f32 {
  return maximum(x, bytes, f32x4.splat(1), true);
}

function maximumScaled(x: usize, bytes: usize, factor: v128): f32 {
  return maximum(x, bytes, factor, false);
}

function softmaxPlain(x: usize, y: usize, bytes: usize, floor: v128, magic: v128): f64 {
  return sumOfValues(x, y, bytes, floor, floor, floor, floor, magic, PLAIN, SOFTMAX);
}

function softmaxShifted(x: usize, y: usize, bytes: usize, scale: v128, shift: v128, floor: v128, magic: v128): f64 {
  return sumOfValues(x, y, bytes, floor, scale, shift, floor, magic, SHIFTED, SOFTMAX);
}

function softmaxDouble(x: usize, y: usize, bytes: usize, scale: v128, origin: v128, floor: v128, magic: v128): f64 {
  return sumOfValues(x, y, bytes, floor, scale, origin, floor, magic, DOUBLE, SOFTMAX);
}

function othersShifted(
  x: usize, bytes: usize, max: v128, scale: v128, shift: v128, floor: v128, magic: v128,
): f64 {
  return sumOfValues(x, 0, bytes, max, scale, shift, floor, magic, SHIFTED, LOG_SOFTMAX);
}

function othersDouble(
  x: usize, bytes: usize, max: v128, scale: v128, origin: v128, floor: v128, magic: v128,
): f64 {
  return sumOfValues(x, 0, bytes, max, scale, origin, floor, magic, DOUBLE, LOG_SOFTMAX);
}

/** y = e^(scale·x - m) / s. */
export function softmaxLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  let bytes = usize(n) << 2;
  let bias = biasFor(n);
  let exact = isExactScale(scale);
  let factor = f32x4.splat(exactFactor(scale));
  do {
    let max = scale == 1 ? maximumPlain(x, bytes) : maximumScaled(x, bytes, factor);
    let m = f32x4.splat(max);
    let sum: f64;
    if (exact) {
      let shift = shiftOf(m);
      let octaves = octavesOf(m, shift);
      let floor = floorOf(octaves, bias);
      let magic = magicOf(octaves, bias);
      if (scale == 1 && abs(max) < 208) sum = softmaxPlain(x, y, bytes, floor, magic);
      else sum = softmaxShifted(x, y, bytes, factor, shift, floor, magic);
    } else {
      let origin = promoteLow(f32x4.mul(m, factor));
      sum = softmaxDouble(x, y, bytes, f64x2.splat(scale), origin, floorOfDouble(bias), magicOfDouble(bias));
    }
    divideRow(y, bytes, sum);
    x += bytes;
    y += bytes;
  } while (--outer);
}

/** logSoftmax y = (scale·x - m) - log s, or logSumExp y = m + log s. */
function logRows(x: usize, y: usize, rows: u32, n: u32, scale: f64, kind: i32): void {
  let bytes = usize(n) << 2;
  let bias = biasFor(n);
  let exact = isExactScale(scale);
  let factor = f32x4.splat(exactFactor(scale));
  do {
    let max = scale == 1 ? maximumPlain(x, bytes) : maximumScaled(x, bytes, factor);
    let m = f32x4.splat(max);
    // The maximal logit as it stands in the row: the factor is a power of two.
    let logit = f32x4.div(m, factor);
    if (exact) {
      let shift = shiftOf(m);
      let octaves = octavesOf(m, shift);
      let floor = floorOf(octaves, bias);
      let magic = magicOf(octaves, bias);
      let sum = othersShifted(x, bytes, logit, factor, shift, floor, magic);
      let log = logOfSum(i32x4.splat(ties), f64x2.splat(sum), m, bias);
      if (kind == LOG_SOFTMAX) {
        let subtrahend = f32x4.splat(f32(f64x2.extract_lane(log, 0)));
        subtractLogShifted(x, y, bytes, factor, m, subtrahend);
      } else store<f32>(y, f32(f64(max) + f64x2.extract_lane(log, 0)));
    } else {
      let origin = promoteLow(logit);
      let scales = f64x2.splat(scale);
      let sum = othersDouble(x, bytes, logit, scales, origin, floorOfDouble(bias), magicOfDouble(bias));
      let log = logOfSum(i32x4.splat(ties), f64x2.splat(sum), f32x4.splat(0), bias);
      if (kind == LOG_SOFTMAX) subtractLogDouble(x, y, bytes, scales, origin, log);
      else {
        store<f32>(y, f32(scale * f64x2.extract_lane(origin, 0) + f64x2.extract_lane(log, 0)));
      }
    }
    x += bytes;
    y += kind == LOG_SUM_EXP ? 4 : bytes;
  } while (--rows);
}

export function logSoftmaxLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, scale, LOG_SOFTMAX);
}

export function logSumExpLongRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  logRows(x, y, outer, n, scale, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, 1, scale);
}
