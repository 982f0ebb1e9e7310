// Forward kernels for rows of any number, length, stride and scale: four at a time, a row a lane.
//
// The lanes are loaded and stored one by one, all is in doubles, and the kind is known only at run time. That is for
// what is rare, or too small to matter: strides of two and three; scales that are no power of two along any but the
// last axis; a few rows of one to three. Beyond the last row its lane repeats: what is computed twice is stored twice.

import {reciprocal} from './divide';
import {
  LOG_BIAS, biasFor, distance, excessDouble, floorOfDouble, magicOfDouble, powerDouble, sumOfParts, valueDouble,
} from './exp';
import {logOfSum} from './log';
import {settleInfinite} from './log_sum_exp';
import {rowOffset} from './places';
import {LOG_SOFTMAX, LOG_SUM_EXP, SOFTMAX, exactFactor} from './kinds';
import {demote, larger, loadLanes, promoteHigh, promoteLow, storeLanes, upper} from './simd';

/** Four rows of n at x0 to x3, with `step` bytes between their elements; y0 to y3 is where their results begin. */
@inline function fourRows(
  x0: usize, x1: usize, x2: usize, x3: usize, y0: usize, y1: usize, y2: usize, y3: usize,
  n: u32, step: usize, scale: f64, kind: i32,
): void {
  let factor = f32x4.splat(exactFactor(scale));
  let end = usize(n) * step;
  let i: usize = 0;
  let max = f32x4.splat(-Infinity);
  do {
    max = larger(max, f32x4.mul(loadLanes(x0 + i, x1 + i, x2 + i, x3 + i), factor));
    i += step;
  } while (i < end);

  let bias = kind == SOFTMAX ? biasFor(n) : LOG_BIAS;
  let scales = f64x2.splat(scale);
  let logit = f32x4.div(max, factor);
  let originLow = promoteLow(logit);
  let originHigh = promoteHigh(logit);
  let floor = floorOfDouble(bias);
  let magic = magicOfDouble(bias);
  let low = f64x2.splat(0);
  let high = low;
  let ties = i32x4.splat(0);
  i = 0;
  do {
    let x = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i);
    if (kind == SOFTMAX) {
      let v = valueDouble(x, scales, originLow, originHigh, floor, magic);
      storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, v);
      low = f64x2.add(low, promoteLow(v));
      high = f64x2.add(high, promoteHigh(v));
    } else {
      let tie = f32x4.eq(x, logit);
      ties = i32x4.sub(ties, tie);
      let p = v128.andnot(powerDouble(x, scales, originLow, originHigh, floor, magic), tie);
      let e = f32x4.mul(excessDouble(x, scales, originLow, originHigh, floor, magic), p);
      low = f64x2.add(low, sumOfParts(promoteLow(p), promoteLow(e)));
      high = f64x2.add(high, sumOfParts(promoteHigh(p), promoteHigh(e)));
    }
    i += step;
  } while (i < end);

  i = 0;
  if (kind == SOFTMAX) {
    let reciprocals = reciprocal(low, high);
    do {
      let v = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i);
      storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, f32x4.mul(v, reciprocals));
      i += step;
    } while (i < end);
    return;
  }

  // The values are those of differences from the maximum: from 0, or from NaN where that is infinite.
  let reference = f32x4.sub(max, max);
  let logLow = logOfSum(ties, low, reference);
  let logHigh = logOfSum(upper(ties), high, upper(reference));
  if (kind == LOG_SUM_EXP) {
    let peakLow = f64x2.mul(originLow, scales);
    let peakHigh = f64x2.mul(originHigh, scales);
    storeLanes(y0, y1, y2, y3, demote(f64x2.add(peakLow, logLow), f64x2.add(peakHigh, logHigh)));
    return;
  }
  do {
    let x = loadLanes(x0 + i, x1 + i, x2 + i, x3 + i);
    let result = demote(
      f64x2.sub(distance(promoteLow(x), originLow, scales), logLow),
      f64x2.sub(distance(promoteHigh(x), originHigh, scales), logHigh),
    );
    storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, result);
    i += step;
  } while (i < end);
}

function rows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, kind: i32): void {
  let step = usize(inner) << 2;
  let length: u32 = kind == LOG_SUM_EXP ? 1 : n;
  let last = outer * inner - 1;
  let r0: u32 = 0;
  do {
    let r1 = min(r0 + 1, last);
    let r2 = min(r0 + 2, last);
    let r3 = min(r0 + 3, last);
    fourRows(
      x + rowOffset(r0, n, inner), x + rowOffset(r1, n, inner),
      x + rowOffset(r2, n, inner), x + rowOffset(r3, n, inner),
      y + rowOffset(r0, length, inner), y + rowOffset(r1, length, inner),
      y + rowOffset(r2, length, inner), y + rowOffset(r3, length, inner),
      n, step, scale, kind,
    );
    r0 += 4;
  } while (r0 <= last);
}

export function softmaxGatheredRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  rows(x, y, outer, n, inner, scale, SOFTMAX);
}

export function logSoftmaxGatheredRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  rows(x, y, outer, n, inner, scale, LOG_SOFTMAX);
}

export function logSumExpGatheredRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  rows(x, y, outer, n, inner, scale, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, inner, scale);
}
