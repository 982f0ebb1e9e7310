// Forward kernels that take four rows at once, a row a lane: for any stride, any length, any scale.
//
// Where the stride (inner) is four or more and the scale is exact, the four rows lie side by side and each step along the
// axis is one vector. Otherwise the lanes are gathered: loaded and stored one by one, always in doubles, with the kind
// known only at run time. That is for what is rare: other scales, strides of two and three, a few rows of one to three.
// The last four rows overlap those before; what is computed twice is stored twice.

import {reciprocal} from './divide';
import {
  biasFor, distance, floorOf, floorOfDouble, magicOf, magicOfDouble, octavesOf, shiftOf, value,
} from './exp';
import {logOfSum} from './log';
import {settleInfinite} from './log_sum_exp';
import {DOUBLE, LOG_SOFTMAX, LOG_SUM_EXP, SHIFTED, SOFTMAX, exactFactor} from './kinds';
import {demote, larger, loadLanes, promoteHigh, promoteLow, storeLanes, upper} from './simd';

/** Four rows of n at x0 to x3, with `step` bytes between their elements; y0 to y3 is where their results begin. */
@inline function fourRows(
  x0: usize, x1: usize, x2: usize, x3: usize, y0: usize, y1: usize, y2: usize, y3: usize,
  n: u32, step: usize, scale: f64, apart: bool, mode: i32, kind: i32,
): void {
  let multiplier = f32x4.splat(exactFactor(scale));
  let end = usize(n) * step;
  let i: usize = 0;
  let max = f32x4.splat(-Infinity);
  do {
    max = larger(max, f32x4.mul(loadLanes(x0 + i, x1 + i, x2 + i, x3 + i, apart), multiplier));
    i += step;
  } while (i < end);

  let bias = biasFor(n);
  let logit = f32x4.div(max, multiplier);
  let shift = shiftOf(max);
  let octaves = octavesOf(max, shift);
  let scales = mode == DOUBLE ? f64x2.splat(scale) : multiplier;
  let origin = mode == DOUBLE ? promoteLow(logit) : shift;
  let originHigh = mode == DOUBLE ? promoteHigh(logit) : shift;
  let floor = mode == DOUBLE ? floorOfDouble(bias) : floorOf(octaves, bias);
  let magic = mode == DOUBLE ? magicOfDouble(bias) : magicOf(octaves, bias);

  let low = f64x2.splat(0);
  let high = low;
  let ties = i32x4.splat(0);
  i = 0;
  do {
    // Four values are added as floats before they go to doubles.
    let stop = i + 4 * step;
    stop = stop < end ? stop : end;
    let sum = f32x4.splat(0);
    do {
      let x = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i, apart);
      let v = value(x, scales, origin, originHigh, floor, magic, mode);
      if (kind == SOFTMAX) storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, v, apart);
      else {
        let tie = f32x4.eq(x, logit);
        ties = i32x4.sub(ties, tie);
        v = v128.andnot(v, tie);
      }
      sum = f32x4.add(sum, v);
      i += step;
    } while (i < stop);
    low = f64x2.add(low, promoteLow(sum));
    high = f64x2.add(high, promoteHigh(sum));
  } while (i < end);

  i = 0;
  if (kind == SOFTMAX) {
    let factor = reciprocal(low, high);
    do {
      let v = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i, apart);
      storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, f32x4.mul(v, factor), apart);
      i += step;
    } while (i < end);
    return;
  }

  let reference = mode == DOUBLE ? f32x4.splat(0) : max;
  let logLow = logOfSum(ties, low, reference, bias);
  let logHigh = logOfSum(upper(ties), high, upper(reference), bias);
  if (kind == LOG_SUM_EXP) {
    let scale64 = f64x2.splat(scale);
    let peakLow = f64x2.mul(promoteLow(logit), scale64);
    let peakHigh = f64x2.mul(promoteHigh(logit), scale64);
    storeLanes(y0, y1, y2, y3, demote(f64x2.add(peakLow, logLow), f64x2.add(peakHigh, logHigh)), apart);
    return;
  }
  let log = demote(logLow, logHigh);
  do {
    let x = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i, apart);
    let result = mode == DOUBLE
      ? demote(
          f64x2.sub(distance(promoteLow(x), origin, scales), logLow),
          f64x2.sub(distance(promoteHigh(x), originHigh, scales), logHigh),
        )
      : f32x4.sub(f32x4.sub(f32x4.mul(x, multiplier), max), log);
    storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, result, apart);
    i += step;
  } while (i < end);
}

// The combinations, as functions of their own so that each exists once.

function softmaxBeside(x: usize, y: usize, n: u32, step: usize, scale: f64): void {
  fourRows(x, x, x, x, y, y, y, y, n, step, scale, false, SHIFTED, SOFTMAX);
}

function logBeside(x: usize, y: usize, n: u32, step: usize, scale: f64, kind: i32): void {
  fourRows(x, x, x, x, y, y, y, y, n, step, scale, false, SHIFTED, kind);
}

function fourGathered(
  x0: usize, x1: usize, x2: usize, x3: usize, y0: usize, y1: usize, y2: usize, y3: usize,
  n: u32, step: usize, scale: f64, kind: i32,
): void {
  fourRows(x0, x1, x2, x3, y0, y1, y2, y3, n, step, scale, true, DOUBLE, kind);
}

/** Rows side by side: inner of four or more. */
@inline function beside(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, kind: i32): void {
  let step = usize(inner) << 2;
  let block = usize(n) * step;
  let last = step - 16;
  do {
    let i: usize = 0;
    do {
      i = i < last ? i : last;
      if (kind == SOFTMAX) softmaxBeside(x + i, y + i, n, step, scale);
      else logBeside(x + i, y + i, n, step, scale, kind);
      i += 16;
    } while (i < step);
    x += block;
    y += kind == LOG_SUM_EXP ? step : block;
  } while (--outer);
}

/** Where row number `row` begins, in bytes. */
@inline function offsetOf(row: u32, n: u32, inner: u32): usize {
  let o = row / inner;
  return (usize(o) * n * inner + (row - o * inner)) << 2;
}

/** Rows of any number and stride, gathered four at a time; beyond the last row its lane repeats. */
function gathered(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, kind: i32): void {
  let step = usize(inner) << 2;
  let last = outer * inner - 1;
  let row: u32 = 0;
  do {
    let r1 = min(row + 1, last);
    let r2 = min(row + 2, last);
    let r3 = min(row + 3, last);
    let o0 = offsetOf(row, n, inner);
    let o1 = offsetOf(r1, n, inner);
    let o2 = offsetOf(r2, n, inner);
    let o3 = offsetOf(r3, n, inner);
    if (kind == LOG_SUM_EXP) {
      fourGathered(
        x + o0, x + o1, x + o2, x + o3,
        y + (row << 2), y + (r1 << 2), y + (r2 << 2), y + (r3 << 2), n, step, scale, kind,
      );
    } else {
      fourGathered(x + o0, x + o1, x + o2, x + o3, y + o0, y + o1, y + o2, y + o3, n, step, scale, kind);
    }
    row += 4;
  } while (row <= last);
}

export function softmaxStridedRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  beside(x, y, outer, n, inner, scale, SOFTMAX);
}

export function logSoftmaxStridedRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  beside(x, y, outer, n, inner, scale, LOG_SOFTMAX);
}

export function logSumExpStridedRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  beside(x, y, outer, n, inner, scale, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, inner, scale);
}

export function softmaxGatheredRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  gathered(x, y, outer, n, inner, scale, SOFTMAX);
}

export function logSoftmaxGatheredRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  gathered(x, y, outer, n, inner, scale, LOG_SOFTMAX);
}

export function logSumExpGatheredRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  gathered(x, y, outer, n, inner, scale, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, inner, scale);
}
