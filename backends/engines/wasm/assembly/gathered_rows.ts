// Forward kernels for rows of any number, length, stride and scale, with any mask or none: four at a time, a row a lane.
//
// Lanes are loaded and stored one by one, arithmetic is in doubles, and the kind is asked at run time. This is for what is rare:
// strides of two and three; scales that are no power of two, and masks, along any but the last axis; a few rows of one to
// three. If the rows are no multiple of four, the last row fills the lanes left over, and is stored more than once.
//
// (x, y, outer, n, inner, scale, m, 0, columns, mStep, mOuter, mInner)
//   m                      address of the mask of the first row; 0 for no mask, and then its steps are 0
//   columns                how many of the `inner` rows of each block to compute; 0 for all
//   mStep, mOuter, mInner  bytes by which the mask moves along a row, from block to block, and from column to column

import {quotient, reciprocal, smallestNormal} from './divide';
import {
  distance, expm1PartDouble, minArgumentOfDouble, roundingBiasOfDouble, exp2BitsDouble, sumOfParts, scaledExpDouble,
} from './exp';
import {logOfSum} from './log';
import {settleInfinite} from './log_sum_exp';
import {LOG_SOFTMAX, LOG_SUM_EXP, SOFTMAX, exactFactor} from './kinds';
import {loadRows, storeRows} from './lanes';
import {maskedOutInRows} from './mask';
import {demote, larger, promoteHigh, promoteHighInLoop, promoteLow, storeLanes, upper} from './simd';

/** v in the lanes whose element at m takes part, `otherwise` in the others; without a mask v. */
@inline function whereKept(v: v128, otherwise: v128, m: usize, e1: usize, e2: usize, e3: usize): v128 {
  return m ? v128.bitselect(otherwise, v, maskedOutInRows(m, e1, e2, e3)) : v;
}

/**
 * Four rows of logits, the first at x, their masks at m, the others at the distances d1 to d3 and e1 to e3 from there.
 * The results are `toY` bytes further on; those of log-sum-exp are returned.
 */
@inline function fourRows(
  x: usize, d1: usize, d2: usize, d3: usize, m: usize, e1: usize, e2: usize, e3: usize, toY: usize,
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
    max = larger(max, whereKept(a, nothing, q, e1, e2, e3));
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
  if (kind == SOFTMAX) {
    do {
      let a = loadRows(p, d1, d2, d3);
      let v = scaledExpDouble(a, scales, originLow, originHigh, minArgument, roundingBias);
      v = whereKept(v, zero, q, e1, e2, e3);
      storeRows(p + toY, d1, d2, d3, v);
      low = f64x2.add(low, promoteLow(v));
      high = f64x2.add(high, promoteHighInLoop(v));
      p += step;
      q += mStep;
    } while (p < end);
    let reciprocals = reciprocal(low, high);
    let least = smallestNormal(low, high);
    p = x;
    do {
      storeRows(p + toY, d1, d2, d3, quotient(loadRows(p + toY, d1, d2, d3), reciprocals, least, true));
      p += step;
    } while (p < end);
    // A masked-out element is 0 even in a row that is NaN, or has nothing else.
    if (m && !i32x4.all_true(f32x4.lt(reciprocals, f32x4.splat(Infinity)))) {
      do {
        p -= step;
        q -= mStep;
        storeRows(p + toY, d1, d2, d3, whereKept(loadRows(p + toY, d1, d2, d3), zero, q, e1, e2, e3));
      } while (p > x);
    }
    return max;
  }

  let expm1Low = low;
  let expm1High = low;
  do {
    let a = loadRows(p, d1, d2, d3);
    let tie = f32x4.eq(a, logit);
    let powers = v128.andnot(exp2BitsDouble(a, scales, originLow, originHigh, minArgument, roundingBias), tie);
    let expm1Parts = f32x4.mul(expm1PartDouble(a, scales, originLow, originHigh, minArgument, roundingBias), powers);
    if (q) {
      let out = maskedOutInRows(q, e1, e2, e3);
      tie = v128.andnot(tie, out);
      powers = v128.andnot(powers, out);
      expm1Parts = v128.andnot(expm1Parts, out);
    }
    ties = i32x4.sub(ties, tie);
    low = f64x2.add(low, promoteLow(powers));
    high = f64x2.add(high, promoteHighInLoop(powers));
    expm1Low = f64x2.add(expm1Low, promoteLow(expm1Parts));
    expm1High = f64x2.add(expm1High, promoteHighInLoop(expm1Parts));
    p += step;
    q += mStep;
  } while (p < end);
  low = sumOfParts(low, expm1Low);
  high = sumOfParts(high, expm1High);
  p = x;
  q = m;

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
    storeRows(p + toY, d1, d2, d3, whereKept(result, nothing, q, e1, e2, e3));
    p += step;
    q += mStep;
  } while (p < end);
  return max;
}

/** Where the row in column c of block o is. */
@inline function place(start: usize, o: u32, c: u32, block: usize, column: usize): usize {
  return start + usize(o) * block + usize(c) * column;
}

function rows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize, kind: i32,
): void {
  if (!columns) columns = inner;
  let step = usize(inner) << 2;
  let block = usize(n) * step;
  let last = outer * columns - 1;
  let r: u32 = 0;
  do {
    let r1 = min(r + 1, last);
    let r2 = min(r + 2, last);
    let r3 = min(r + 3, last);
    let o0 = r / columns;
    let o1 = r1 / columns;
    let o2 = r2 / columns;
    let o3 = r3 / columns;
    let c0 = r - o0 * columns;
    let c1 = r1 - o1 * columns;
    let c2 = r2 - o2 * columns;
    let c3 = r3 - o3 * columns;
    let p = place(x, o0, c0, block, 4);
    let q = place(m, o0, c0, mOuter, mInner);
    let result = fourRows(
      p, place(x, o1, c1, block, 4) - p, place(x, o2, c2, block, 4) - p, place(x, o3, c3, block, 4) - p,
      q, place(m, o1, c1, mOuter, mInner) - q, place(m, o2, c2, mOuter, mInner) - q, place(m, o3, c3, mOuter, mInner) - q,
      y - x, n, step, mStep, scale, kind,
    );
    if (kind == LOG_SUM_EXP) {
      storeLanes(
        place(y, o0, c0, step, 4), place(y, o1, c1, step, 4), place(y, o2, c2, step, 4), place(y, o3, c3, step, 4), result,
      );
    }
    r += 4;
  } while (r <= last);
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
  settleInfinite(x, y, outer, n, inner, scale, columns ? columns : inner, m, mStep, mOuter, mInner);
}
