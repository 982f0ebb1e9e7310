// Forward kernels for rows with a stride (inner) of sixteen or more: sixteen rows side by side, a row a lane.
//
// Sixteen floats are a cache line, so that each line is used whole while it is there. Four at a time were 15 times slower
// where the stride is a power of two, which maps a whole column to a few sets of the cache. Exact scales.
// The last sixteen rows overlap those before.

import {reciprocal} from './divide';
import {biasFor, floorOf, magicOf, octavesOf, shiftOf, value} from './exp';
import {logOfSum} from './log';
import {settleInfinite} from './log_sum_exp';
import {LOG_SOFTMAX, LOG_SUM_EXP, SHIFTED, SOFTMAX, exactFactor} from './kinds';
import {demote, larger, promoteHigh, promoteLow, upper} from './simd';

@inline function logResult(x: v128, scale: v128, max: v128, log: v128): v128 {
  return f32x4.sub(f32x4.sub(f32x4.mul(x, scale), max), log);
}

@inline function sixteenRows(x: usize, y: usize, n: u32, step: usize, scale: v128, kind: i32): void {
  let end = usize(n) * step;
  let max0 = f32x4.splat(-Infinity);
  let max1 = max0;
  let max2 = max0;
  let max3 = max0;
  let i: usize = 0;
  do {
    max0 = larger(max0, f32x4.mul(v128.load(x + i), scale));
    max1 = larger(max1, f32x4.mul(v128.load(x + i, 16), scale));
    max2 = larger(max2, f32x4.mul(v128.load(x + i, 32), scale));
    max3 = larger(max3, f32x4.mul(v128.load(x + i, 48), scale));
    i += step;
  } while (i < end);

  let bias = biasFor(n);
  let shift0 = shiftOf(max0);
  let shift1 = shiftOf(max1);
  let shift2 = shiftOf(max2);
  let shift3 = shiftOf(max3);
  let octaves0 = octavesOf(max0, shift0);
  let octaves1 = octavesOf(max1, shift1);
  let octaves2 = octavesOf(max2, shift2);
  let octaves3 = octavesOf(max3, shift3);
  let floor0 = floorOf(octaves0, bias);
  let floor1 = floorOf(octaves1, bias);
  let floor2 = floorOf(octaves2, bias);
  let floor3 = floorOf(octaves3, bias);
  let magic0 = magicOf(octaves0, bias);
  let magic1 = magicOf(octaves1, bias);
  let magic2 = magicOf(octaves2, bias);
  let magic3 = magicOf(octaves3, bias);
  let logit0 = f32x4.div(max0, scale);
  let logit1 = f32x4.div(max1, scale);
  let logit2 = f32x4.div(max2, scale);
  let logit3 = f32x4.div(max3, scale);

  let low0 = f64x2.splat(0);
  let low1 = low0;
  let low2 = low0;
  let low3 = low0;
  let high0 = low0;
  let high1 = low0;
  let high2 = low0;
  let high3 = low0;
  let ties0 = i32x4.splat(0);
  let ties1 = ties0;
  let ties2 = ties0;
  let ties3 = ties0;
  i = 0;
  do {
    // Four values a row are added as floats before they go to doubles.
    let stop = i + 4 * step;
    stop = stop < end ? stop : end;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    do {
      let x0 = v128.load(x + i);
      let x1 = v128.load(x + i, 16);
      let x2 = v128.load(x + i, 32);
      let x3 = v128.load(x + i, 48);
      let v0 = value(x0, scale, shift0, shift0, floor0, magic0, SHIFTED);
      let v1 = value(x1, scale, shift1, shift1, floor1, magic1, SHIFTED);
      let v2 = value(x2, scale, shift2, shift2, floor2, magic2, SHIFTED);
      let v3 = value(x3, scale, shift3, shift3, floor3, magic3, SHIFTED);
      if (kind == SOFTMAX) {
        v128.store(y + i, v0);
        v128.store(y + i, v1, 16);
        v128.store(y + i, v2, 32);
        v128.store(y + i, v3, 48);
      } else {
        let tie0 = f32x4.eq(x0, logit0);
        let tie1 = f32x4.eq(x1, logit1);
        let tie2 = f32x4.eq(x2, logit2);
        let tie3 = f32x4.eq(x3, logit3);
        ties0 = i32x4.sub(ties0, tie0);
        ties1 = i32x4.sub(ties1, tie1);
        ties2 = i32x4.sub(ties2, tie2);
        ties3 = i32x4.sub(ties3, tie3);
        v0 = v128.andnot(v0, tie0);
        v1 = v128.andnot(v1, tie1);
        v2 = v128.andnot(v2, tie2);
        v3 = v128.andnot(v3, tie3);
      }
      s0 = f32x4.add(s0, v0);
      s1 = f32x4.add(s1, v1);
      s2 = f32x4.add(s2, v2);
      s3 = f32x4.add(s3, v3);
      i += step;
    } while (i < stop);
    low0 = f64x2.add(low0, promoteLow(s0));
    low1 = f64x2.add(low1, promoteLow(s1));
    low2 = f64x2.add(low2, promoteLow(s2));
    low3 = f64x2.add(low3, promoteLow(s3));
    high0 = f64x2.add(high0, promoteHigh(s0));
    high1 = f64x2.add(high1, promoteHigh(s1));
    high2 = f64x2.add(high2, promoteHigh(s2));
    high3 = f64x2.add(high3, promoteHigh(s3));
  } while (i < end);

  i = 0;
  if (kind == SOFTMAX) {
    let f0 = reciprocal(low0, high0);
    let f1 = reciprocal(low1, high1);
    let f2 = reciprocal(low2, high2);
    let f3 = reciprocal(low3, high3);
    do {
      let y0 = f32x4.mul(v128.load(y + i), f0);
      let y1 = f32x4.mul(v128.load(y + i, 16), f1);
      let y2 = f32x4.mul(v128.load(y + i, 32), f2);
      let y3 = f32x4.mul(v128.load(y + i, 48), f3);
      v128.store(y + i, y0);
      v128.store(y + i, y1, 16);
      v128.store(y + i, y2, 32);
      v128.store(y + i, y3, 48);
      i += step;
    } while (i < end);
    return;
  }

  low0 = logOfSum(ties0, low0, max0, bias);
  low1 = logOfSum(ties1, low1, max1, bias);
  low2 = logOfSum(ties2, low2, max2, bias);
  low3 = logOfSum(ties3, low3, max3, bias);
  high0 = logOfSum(upper(ties0), high0, upper(max0), bias);
  high1 = logOfSum(upper(ties1), high1, upper(max1), bias);
  high2 = logOfSum(upper(ties2), high2, upper(max2), bias);
  high3 = logOfSum(upper(ties3), high3, upper(max3), bias);
  if (kind == LOG_SUM_EXP) {
    v128.store(y, demote(f64x2.add(promoteLow(max0), low0), f64x2.add(promoteHigh(max0), high0)));
    v128.store(y, demote(f64x2.add(promoteLow(max1), low1), f64x2.add(promoteHigh(max1), high1)), 16);
    v128.store(y, demote(f64x2.add(promoteLow(max2), low2), f64x2.add(promoteHigh(max2), high2)), 32);
    v128.store(y, demote(f64x2.add(promoteLow(max3), low3), f64x2.add(promoteHigh(max3), high3)), 48);
    return;
  }
  let log0 = demote(low0, high0);
  let log1 = demote(low1, high1);
  let log2 = demote(low2, high2);
  let log3 = demote(low3, high3);
  do {
    v128.store(y + i, logResult(v128.load(x + i), scale, max0, log0));
    v128.store(y + i, logResult(v128.load(x + i, 16), scale, max1, log1), 16);
    v128.store(y + i, logResult(v128.load(x + i, 32), scale, max2, log2), 32);
    v128.store(y + i, logResult(v128.load(x + i, 48), scale, max3, log3), 48);
    i += step;
  } while (i < end);
}

/** The kind is known only at run time, to have the code once; it is asked for once in four vectors. */
function rows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, kind: i32): void {
  let factor = f32x4.splat(exactFactor(scale));
  let step = usize(inner) << 2;
  let block = usize(n) * step;
  let last = step - 64;
  do {
    let i: usize = 0;
    do {
      i = i < last ? i : last;
      sixteenRows(x + i, y + i, n, step, factor, kind);
      i += 64;
    } while (i < step);
    x += block;
    y += kind == LOG_SUM_EXP ? step : block;
  } while (--outer);
}

export function softmaxWideRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  rows(x, y, outer, n, inner, scale, SOFTMAX);
}

export function logSoftmaxWideRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  rows(x, y, outer, n, inner, scale, LOG_SOFTMAX);
}

export function logSumExpWideRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  rows(x, y, outer, n, inner, scale, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, inner, scale);
}
