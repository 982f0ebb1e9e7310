// Masked forward kernels for contiguous rows of four or more, one row at a time. The scale is exact. The mask has one byte for
// each element, or one for the whole row (mStep 0). The arguments are those of gathered_rows.ts; inner and columns are 1.

import {quotient, reciprocal, smallestNormal} from './divide';
import {minArgumentOf, roundingBiasOf, maxExponentOf, shiftOf} from './exp';
import {LOG_SOFTMAX, LOG_SUM_EXP, SOFTMAX} from './kinds';
import {logOfSum} from './log';
import {limit} from './log_sum_exp';
import {maskedOutAt, maximum, sumOfOthers, sumOfExps, tiesOfLastRow} from './masked_sweeps';

/** Divides a row by its sum, in place. The overlapping end is read first, since the sweep rewrites part of it. */
function divideRow(m: usize, y: usize, bytes: usize, maskEnabled: v128, sum: f64): void {
  let sums = f64x2.splat(sum);
  let factor = reciprocal(sums, sums);
  let least = smallestNormal(sums, sums);
  let last = bytes - 16;
  // A masked-out element is 0 even in a row that is NaN, or has nothing else.
  let end = v128.andnot(quotient(v128.load(y + last), factor, least, true), maskedOutAt(m, last, maskEnabled));
  let i: usize = 0;
  while (i < last) {
    v128.store(y + i, v128.andnot(quotient(v128.load(y + i), factor, least, true), maskedOutAt(m, i, maskEnabled)));
    i += 16;
  }
  v128.store(y + last, end);
}

function subtractLog(
  x: usize, m: usize, y: usize, bytes: usize, maskEnabled: v128, scale: v128, max: v128, log: v128,
): void {
  let last = bytes - 16;
  let i: usize = 0;
  do {
    let at = min(i, last);
    let result = f32x4.sub(f32x4.sub(f32x4.mul(v128.load(x + at), scale), max), log);
    v128.store(y + at, v128.bitselect(f32x4.splat(-Infinity), result, maskedOutAt(m, at, maskEnabled)));
    i += 16;
  } while (i < bytes);
}

/** log Σ e^(scale·x - max) of a row. */
function logOfRow(x: usize, m: usize, bytes: usize, maskEnabled: v128, scale: v128, max: v128): f64 {
  let shift = shiftOf(max);
  let maxExponent = maxExponentOf(max, shift);
  let minArgument = minArgumentOf(maxExponent);
  let sum = sumOfOthers(x, m, bytes, maskEnabled, scale, max, shift, minArgument, roundingBiasOf(maxExponent));
  return f64x2.extract_lane(logOfSum(tiesOfLastRow(), f64x2.splat(sum), max), 0);
}

function row(x: usize, m: usize, y: usize, n: u32, maskEnabled: v128, scale: v128, kind: i32): void {
  let bytes = usize(n) << 2;
  let max = maximum(x, m, bytes, maskEnabled, scale);
  if (kind == SOFTMAX) {
      let shift = shiftOf(max);
    let maxExponent = maxExponentOf(max, shift);
    let sum = sumOfExps(x, m, y, bytes, maskEnabled, scale, shift, minArgumentOf(maxExponent), roundingBiasOf(maxExponent));
    divideRow(m, y, bytes, maskEnabled, sum);
    return;
  }
  let log = logOfRow(x, m, bytes, maskEnabled, scale, max);
  if (kind == LOG_SOFTMAX) subtractLog(x, m, y, bytes, maskEnabled, scale, max, f32x4.splat(f32(log)));
  else store<f32>(y, f32(f64(f32x4.extract_lane(max, 0)) + log));
}

/** A row that is masked out as a whole. */
function fill(y: usize, bytes: usize, value: f32): void {
  let end = y + bytes;
  do {
    store<f32>(y, value);
    y += 4;
  } while (y < end);
}

@inline function rows(
  x: usize, y: usize, outer: u32, n: u32, scale: f64, m: usize, mStep: usize, mOuter: usize, kind: i32,
): void {
  let factor = f32x4.splat(f32(scale));
  let bytes = usize(n) << 2;
  let yBytes = kind == LOG_SUM_EXP ? 4 : bytes;
  do {
    // Without a step one byte masks the whole row.
    if (mStep) row(x, m, y, n, i32x4.splat(-1), factor, kind);
    else if (load<u8>(m)) row(x, x, y, n, i32x4.splat(0), factor, kind);
    else fill(y, yBytes, kind == SOFTMAX ? 0 : -Infinity);
    if (kind == LOG_SUM_EXP && isNaN(load<f32>(y))) store<f32>(y, limit(x, m, n, 4, mStep, scale));
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
