// Masked forward kernels for contiguous rows of four or more, one row at a time. The scale is exact. The mask has one byte for
// each element, or one for the whole row (mStep 0). The arguments are those of gathered_rows.ts; inner and columns are 1.

import {reciprocal, smallestNormal} from './divide';
import {maxExponentOf, minArgumentOf, roundingBiasOf, shiftOf} from './exp';
import {LOG_SOFTMAX, LOG_SUM_EXP, MASKED, SOFTMAX} from './kinds';
import {logOfSum} from './log';
import {limit} from './log_sum_exp';
import {
  divideWide, logSoftmaxLongRows, logSumExpLongRows, maximum, pieceOf, softmaxLongRows, subtractLog, sumOfExps,
  sumOfOthersIn, ties,
} from './long_rows';
import {demote, maxOfLanes} from './simd';

/** A row of one value, but NaN where a mask at m, if there is one, says that an element takes part. */
function fill(y: usize, bytes: usize, value: f32, m: usize): void {
  let i: usize = 0;
  do {
    store<f32>(y + (i << 2), m && load<u8>(m + i) ? NaN : value);
    i++;
  } while (i << 2 < bytes);
}

/** The maximal logit of a row or of a piece of it, in all lanes. */
export function maximumMasked(x: usize, bytes: usize, scale: v128, m: usize): v128 {
  return f32x4.splat(maxOfLanes(maximum(x, bytes, scale, m, MASKED, false)));
}

/** The scaled exponentials of a piece of a row, stored at y; returns their sum. */
export function expsMasked(x: usize, y: usize, bytes: usize, scale: v128, max: v128, m: usize): f64 {
  let shift = shiftOf(max);
  let maxExponent = maxExponentOf(max, shift);
  return sumOfExps(
    x, y, bytes, scale, shift, minArgumentOf(maxExponent), roundingBiasOf(maxExponent), m, MASKED,
  );
}

/** The same without maxima, where they are sought, and without storing: see `sumOfOthersIn`. */
export function othersMasked(x: usize, bytes: usize, scale: v128, max: v128, m: usize, seek: bool): f64 {
  let shift = shiftOf(max);
  let maxExponent = maxExponentOf(max, shift);
  // The maximal logit as it stands in the row: exact, since the scale is a power of two.
  let logit = f32x4.div(max, scale);
  return sumOfOthersIn(
    x, 0, bytes, logit, scale, shift, minArgumentOf(maxExponent), roundingBiasOf(maxExponent), seek, false, m, MASKED,
  );
}

/** The last sweep of softmax. A masked-out element is 0 even in a row that is NaN, or has nothing else. */
export function divideMasked(y: usize, bytes: usize, sum: f64, m: usize): void {
  let sums = f64x2.splat(sum);
  if (isNaN(sum)) fill(y, bytes, 0, m);
  else divideWide(y, bytes, reciprocal(sums, sums), smallestNormal(sums, sums));
}

/** The last sweep of logSoftmax. */
export function subtractMasked(x: usize, y: usize, bytes: usize, scale: v128, max: v128, log: v128, m: usize): void {
  subtractLog(x, y, bytes, scale, max, log, m, MASKED);
}

/** A row with a mask of one byte for each element. Long rows are summed in pieces, as without a mask. */
function maskedRow(x: usize, m: usize, y: usize, bytes: usize, scale: v128, kind: i32): void {
  let max = maximumMasked(x, bytes, scale, m);
  let sum: f64 = 0;
  let count = 0;
  let done: usize = 0;
  do {
    let piece = pieceOf(bytes - done);
    let at = m + (done >> 2);
    if (kind == SOFTMAX) sum += expsMasked(x + done, y + done, piece, scale, max, at);
    else {
      sum += othersMasked(x + done, piece, scale, max, at, !count);
      count += ties;
    }
    done += piece;
  } while (done < bytes);
  if (kind == SOFTMAX) {
    divideMasked(y, bytes, sum, m);
    return;
  }
  let log = logOfSum(i32x4.splat(count), f64x2.splat(sum), max);
  if (kind == LOG_SOFTMAX) subtractMasked(x, y, bytes, scale, max, demote(log, log), m);
  else store<f32>(y, f32(f64(f32x4.extract_lane(max, 0)) + f64x2.extract_lane(log, 0)));
}

@inline function rows(
  x: usize, y: usize, outer: u32, n: u32, scale: f64, m: usize, mStep: usize, mOuter: usize, kind: i32,
): void {
  let factor = f32x4.splat(f32(scale));
  let bytes = usize(n) << 2;
  let yBytes = kind == LOG_SUM_EXP ? 4 : bytes;
  do {
    if (mStep) {
      maskedRow(x, m, y, bytes, factor, kind);
      if (kind == LOG_SUM_EXP && isNaN(load<f32>(y))) store<f32>(y, limit(x, m, n, 4, mStep, scale));
    } else if (load<u8>(m)) {
      // Without a step one byte masks the whole row.
      if (kind == SOFTMAX) softmaxLongRows(x, y, 1, n, 1, scale);
      else if (kind == LOG_SOFTMAX) logSoftmaxLongRows(x, y, 1, n, 1, scale);
      else logSumExpLongRows(x, y, 1, n, 1, scale);
    } else fill(y, yBytes, kind == SOFTMAX ? 0 : -Infinity, 0);
    x += bytes;
    m += mOuter;
    y += yBytes;
  } while (--outer);
}

export function softmaxMaskedRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, none: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize,
): void {
  rows(x, y, outer, n, scale, m, mStep, mOuter, SOFTMAX);
}

export function logSoftmaxMaskedRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, none: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize,
): void {
  rows(x, y, outer, n, scale, m, mStep, mOuter, LOG_SOFTMAX);
}

export function logSumExpMaskedRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, m: usize, none: usize, columns: u32,
  mStep: usize, mOuter: usize, mInner: usize,
): void {
  rows(x, y, outer, n, scale, m, mStep, mOuter, LOG_SUM_EXP);
}
