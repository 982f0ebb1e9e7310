// Forward kernels for rows of any number, length, stride and scale, with any mask or none: four at a time, a row a lane.
//
// Lanes are loaded and stored one by one, arithmetic is in doubles, and the kind is asked at run time. This is for what is rare
// or small: strides of two and three; scales that are no power of two, and masks, along any but the last axis; a few rows of
// one to three. If the rows are no multiple of four, the last row fills the lanes left over, and is stored more than once.
//
// (x, y, outer, n, inner, scale, m, 0, columns, mStep, mOuter, mInner)
//   m                      address of the mask of the first row; 0 for no mask, and then all after it are 0
//   columns                how many of the `inner` rows of each block to compute; 0 for all
//   mStep, mOuter, mInner  bytes by which the mask moves along a row, from block to block, and from column to column

import {quotient, reciprocal, smallestNormal} from './divide';
import {
  distance, expm1PartDouble, minArgumentOfDouble, roundingBiasOfDouble, exp2BitsDouble, sumOfParts, scaledExpDouble,
} from './exp';
import {logOfSum} from './log';
import {limit, settleInfinite} from './log_sum_exp';
import {LOG_SOFTMAX, LOG_SUM_EXP, SOFTMAX, exactFactor} from './kinds';
import {loadRows, storeRows} from './lanes';
import {kept} from './mask';
import {demote, larger, promoteHigh, promoteLow, storeLanes, upper} from './simd';

/** v in the lanes whose element at m takes part, `otherwise` in the others; without a mask v. */
@inline function whereKept(
  v: v128, otherwise: v128, masked: bool, m: usize, e1: usize, e2: usize, e3: usize,
): v128 {
  return masked ? v128.bitselect(v, otherwise, kept(m, e1, e2, e3)) : v;
}

/**
 * Four rows of logits, the first at x, their masks at m, the others at the distances d1 to d3 and e1 to e3 from there.
 * The results are `toY` bytes further on; those of log-sum-exp are returned.
 */
@inline function fourRows(
  x: usize, d1: usize, d2: usize, d3: usize, masked: bool, m: usize, e1: usize, e2: usize, e3: usize, toY: usize,
  n: u32, step: usize, mStep: usize, scale: f64, kind: i32,
): v128 {
  let factor = f32x4.splat(exactFactor(scale));
  let nothing = f32x4.splat(-Infinity);
  let end = x + usize(n) * step;
  let p = x;
  let q = m;
  let max = nothing;
  do {
    let a = f32x4.mul(loadRows(p, d1, d2, d3), factor);
    max = larger(max, whereKept(a, nothing, masked, q, e1, e2, e3));
    p += step;
    q += mStep;
  } while (p < end);

  let scales = f64x2.splat(scale);
  let logit = f32x4.div(max, factor);
  let originLow = promoteLow(logit);
  let originHigh = promoteHigh(logit);
  let minArgument = minArgumentOfDouble();
  let roundingBias = roundingBiasOfDouble();
  let low = f64x2.splat(0);
  let high = low;
  let zero = f32x4.splat(0);
  let ties = zero;
  p = x;
  q = m;
  do {
    let a = loadRows(p, d1, d2, d3);
    if (kind == SOFTMAX) {
      let v = scaledExpDouble(a, scales, originLow, originHigh, minArgument, roundingBias);
      v = whereKept(v, zero, masked, q, e1, e2, e3);
      storeRows(p + toY, d1, d2, d3, v);
      low = f64x2.add(low, promoteLow(v));
      high = f64x2.add(high, promoteHigh(v));
    } else {
      let tie = whereKept(f32x4.eq(a, logit), zero, masked, q, e1, e2, e3);
      ties = i32x4.sub(ties, tie);
      let powers = v128.andnot(exp2BitsDouble(a, scales, originLow, originHigh, minArgument, roundingBias), tie);
      let expm1Parts = f32x4.mul(expm1PartDouble(a, scales, originLow, originHigh, minArgument, roundingBias), powers);
      powers = whereKept(powers, zero, masked, q, e1, e2, e3);
      expm1Parts = whereKept(expm1Parts, zero, masked, q, e1, e2, e3);
      low = f64x2.add(low, sumOfParts(promoteLow(powers), promoteLow(expm1Parts)));
      high = f64x2.add(high, sumOfParts(promoteHigh(powers), promoteHigh(expm1Parts)));
    }
    p += step;
    q += mStep;
  } while (p < end);

  p = x;
  q = m;
  if (kind == SOFTMAX) {
    let reciprocals = reciprocal(low, high);
    let least = smallestNormal(low, high);
    do {
      let v = quotient(loadRows(p + toY, d1, d2, d3), reciprocals, least, true);
      // A masked-out element is 0 even in a row that is NaN, or has nothing else.
      storeRows(p + toY, d1, d2, d3, whereKept(v, zero, masked, q, e1, e2, e3));
      p += step;
      q += mStep;
    } while (p < end);
    return max;
  }

  // The scaled exponentials are those of x - max, so their maximum is that of 0; or of NaN where max is infinite.
  let reference = f32x4.sub(max, max);
  let logLow = logOfSum(ties, low, reference);
  let logHigh = logOfSum(upper(ties), high, upper(reference));
  if (kind == LOG_SUM_EXP) {
    let peakLow = f64x2.mul(originLow, scales);
    let peakHigh = f64x2.mul(originHigh, scales);
    return demote(f64x2.add(peakLow, logLow), f64x2.add(peakHigh, logHigh));
  }
  do {
    let a = loadRows(p, d1, d2, d3);
    let result = demote(
      f64x2.sub(distance(promoteLow(a), originLow, scales), logLow),
      f64x2.sub(distance(promoteHigh(a), originHigh, scales), logHigh),
    );
    storeRows(p + toY, d1, d2, d3, whereKept(result, nothing, masked, q, e1, e2, e3));
    p += step;
    q += mStep;
  } while (p < end);
  return max;
}

/** Where row r is, with `columns` rows in each block. */
function place(start: usize, r: u32, columns: u32, block: usize, column: usize): usize {
  let o = r / columns;
  return start + usize(o) * block + usize(r - o * columns) * column;
}

@inline function rowsOf(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, masked: bool, m: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize, kind: i32,
): void {
  let step = usize(inner) << 2;
  let block = usize(n) * step;
  let last = outer * columns - 1;
  let r0: u32 = 0;
  do {
    let r1 = min(r0 + 1, last);
    let r2 = min(r0 + 2, last);
    let r3 = min(r0 + 3, last);
    let p = place(x, r0, columns, block, 4);
    let q = place(m, r0, columns, mOuter, mInner);
    let result = fourRows(
      p, place(x, r1, columns, block, 4) - p, place(x, r2, columns, block, 4) - p, place(x, r3, columns, block, 4) - p,
      masked, q, place(m, r1, columns, mOuter, mInner) - q, place(m, r2, columns, mOuter, mInner) - q,
      place(m, r3, columns, mOuter, mInner) - q,
      y - x, n, step, mStep, scale, kind,
    );
    if (kind == LOG_SUM_EXP) {
      storeLanes(
        place(y, r0, columns, step, 4), place(y, r1, columns, step, 4),
        place(y, r2, columns, step, 4), place(y, r3, columns, step, 4), result,
      );
    }
    r0 += 4;
  } while (r0 <= last);

  if (kind != LOG_SUM_EXP || !masked) return;
  do {
    let at = place(y, last, columns, step, 4);
    if (isNaN(load<f32>(at))) {
      store<f32>(
        at, limit(place(x, last, columns, block, 4), place(m, last, columns, mOuter, mInner), n, step, mStep, scale),
      );
    }
  } while (last--);
}

function plainRows(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, columns: u32, kind: i32): void {
  rowsOf(x, y, outer, n, inner, scale, false, 0, columns, 0, 0, 0, kind);
  if (kind == LOG_SUM_EXP) settleInfinite(x, y, outer, n, inner, scale, columns);
}

function maskedRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize, kind: i32,
): void {
  rowsOf(x, y, outer, n, inner, scale, true, m, columns, mStep, mOuter, mInner, kind);
}

@inline function rows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize, kind: i32,
): void {
  if (m) maskedRows(x, y, outer, n, inner, scale, m, columns, mStep, mOuter, mInner, kind);
  else plainRows(x, y, outer, n, inner, scale, columns || inner, kind);
}

export function softmaxGatheredRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, none: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize,
): void {
  rows(x, y, outer, n, inner, scale, m, columns, mStep, mOuter, mInner, SOFTMAX);
}

export function logSoftmaxGatheredRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, none: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize,
): void {
  rows(x, y, outer, n, inner, scale, m, columns, mStep, mOuter, mInner, LOG_SOFTMAX);
}

export function logSumExpGatheredRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, none: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize,
): void {
  rows(x, y, outer, n, inner, scale, m, columns, mStep, mOuter, mInner, LOG_SUM_EXP);
}
