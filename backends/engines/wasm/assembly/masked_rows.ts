// Masked forward kernels for contiguous rows of four or more, one row at a time. The scale is exact. The mask has one byte for
// each element, or one for the whole row (mStep 0). The arguments are those of gathered_rows.ts; inner and columns are 1.

import {LOG_SOFTMAX, LOG_SUM_EXP, SOFTMAX} from './kinds';
import {settleInfinite} from './log_sum_exp';
import {logRows, softmaxRows} from './long_rows';

function fill(y: usize, n: u32, value: f32): void {
  do {
    store<f32>(y, value);
    y += 4;
  } while (--n);
}

@inline function several(
  x: usize, y: usize, outer: u32, n: u32, scale: f64, m: usize, mOuter: usize, kind: i32,
): void {
  if (kind == SOFTMAX) softmaxRows(x, y, outer, n, 1, scale, m, mOuter);
  else logRows(x, y, outer, n, 1, scale, m, mOuter, kind);
}

function rows(
  x: usize, y: usize, outer: u32, n: u32, scale: f64, m: usize, mStep: usize, mOuter: usize, kind: i32,
): void {
  if (mStep) {
    several(x, y, outer, n, scale, m, mOuter, kind);
    return;
  }
  let length = kind == LOG_SUM_EXP ? 1 : n;
  do {
    if (load<u8>(m)) several(x, y, 1, n, scale, 0, 0, kind);
    else fill(y, length, kind == SOFTMAX ? 0 : -Infinity);
    x += usize(n) << 2;
    y += usize(length) << 2;
    m += mOuter;
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
  settleInfinite(x, y, outer, n, 1, scale, 1, m, mStep, mOuter);
}
