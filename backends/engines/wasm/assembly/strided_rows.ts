// Forward kernels for rows with a stride (inner) of four or more: sixteen rows at a time, a row a lane.
//
// At each step along the axis, neighbouring rows make a vector. Four vectors are computed together, so that their latencies
// overlap. If inner is 16 or more these are neighbours and use a whole cache line while it is in the cache. With one vector at
// a time, strides of a power of two, which map a column to few sets of the cache, were 15 times slower. If inner is smaller the
// vectors come from different blocks of the outer dimension.
//
// If the stride contains a large power of two, the last sweep is separate from the others (see sweepApart).
//
// The scale is exact. The last vector of a block overlaps the one before; beyond the last vector of all, it repeats.
//
// (x, y, outer, n, inner, scale, 0, 0, columns)
//   columns  how many of the `inner` rows of each block to compute, four at least; 0 for all

import {quotient, reciprocal, smallestNormal} from './divide';
import {
  shiftedLogit, expm1Part, minArgumentOf, roundingBiasOf, maxExponentOf, exp2Bits, round, shiftOf, sumOfParts, scaledExp,
} from './exp';
import {logsOfSums, settleInfinite} from './log_sum_exp';
import {vectorOffset, vectorsPerBlock} from './places';
import {LOG_SOFTMAX, LOG_SUM_EXP, SOFTMAX, exactFactor} from './kinds';
import {larger, promoteHigh, promoteLow} from './simd';

@inline function logResult(x: v128, scale: v128, max: v128, log: v128): v128 {
  return f32x4.sub(f32x4.sub(f32x4.mul(x, scale), max), log);
}

@inline function store4(p: usize, v0: v128, v1: v128, v2: v128, v3: v128): void {
  v128.store(p, v0);
  v128.store(p, v1, 16);
  v128.store(p, v2, 32);
  v128.store(p, v3, 48);
}

/** @param results where to leave what a separate last sweep needs of these rows; 0 if it is not separate */
@inline function sixteenRows(
  x0: usize, x1: usize, x2: usize, x3: usize, y0: usize, y1: usize, y2: usize, y3: usize,
  n: u32, step: usize, scale: v128, kind: i32, results: usize,
): void {
  let end = usize(n) * step;
  let max0 = f32x4.splat(-Infinity);
  let max1 = max0;
  let max2 = max0;
  let max3 = max0;
  let i: usize = 0;
  do {
    max0 = larger(max0, f32x4.mul(v128.load(x0 + i), scale));
    max1 = larger(max1, f32x4.mul(v128.load(x1 + i), scale));
    max2 = larger(max2, f32x4.mul(v128.load(x2 + i), scale));
    max3 = larger(max3, f32x4.mul(v128.load(x3 + i), scale));
    i += step;
  } while (i < end);

  let shift0 = shiftOf(max0);
  let shift1 = shiftOf(max1);
  let shift2 = shiftOf(max2);
  let shift3 = shiftOf(max3);
  let maxExponent0 = maxExponentOf(max0, shift0);
  let maxExponent1 = maxExponentOf(max1, shift1);
  let maxExponent2 = maxExponentOf(max2, shift2);
  let maxExponent3 = maxExponentOf(max3, shift3);
  let minArgument0 = minArgumentOf(maxExponent0);
  let minArgument1 = minArgumentOf(maxExponent1);
  let minArgument2 = minArgumentOf(maxExponent2);
  let minArgument3 = minArgumentOf(maxExponent3);
  let roundingBias0 = roundingBiasOf(maxExponent0);
  let roundingBias1 = roundingBiasOf(maxExponent1);
  let roundingBias2 = roundingBiasOf(maxExponent2);
  let roundingBias3 = roundingBiasOf(maxExponent3);
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
    // Four elements a row are added as floats before they are added to doubles.
    let stop = i + 4 * step;
    stop = stop < end ? stop : end;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let r0 = s0;
    let r1 = s0;
    let r2 = s0;
    let r3 = s0;
    if (kind == SOFTMAX) {
      do {
        let v0 = scaledExp(shiftedLogit(v128.load(x0 + i), scale, shift0, minArgument0), roundingBias0);
        let v1 = scaledExp(shiftedLogit(v128.load(x1 + i), scale, shift1, minArgument1), roundingBias1);
        let v2 = scaledExp(shiftedLogit(v128.load(x2 + i), scale, shift2, minArgument2), roundingBias2);
        let v3 = scaledExp(shiftedLogit(v128.load(x3 + i), scale, shift3, minArgument3), roundingBias3);
        v128.store(y0 + i, v0);
        v128.store(y1 + i, v1);
        v128.store(y2 + i, v2);
        v128.store(y3 + i, v3);
        s0 = f32x4.add(s0, v0);
        s1 = f32x4.add(s1, v1);
        s2 = f32x4.add(s2, v2);
        s3 = f32x4.add(s3, v3);
        i += step;
      } while (i < stop);
    } else {
      // Two vectors at a time: there are no registers for more. A function for both pairs would return six results, through
      // globals, and take 2 % longer.
      let j = i;
      do {
        let a0 = v128.load(x0 + j);
        let a1 = v128.load(x1 + j);
        let b0 = shiftedLogit(a0, scale, shift0, minArgument0);
        let b1 = shiftedLogit(a1, scale, shift1, minArgument1);
        let k0 = round(b0, roundingBias0);
        let k1 = round(b1, roundingBias1);
        let tie0 = f32x4.eq(a0, logit0);
        let tie1 = f32x4.eq(a1, logit1);
        let p0 = v128.andnot(exp2Bits(k0), tie0);
        let p1 = v128.andnot(exp2Bits(k1), tie1);
        let e0 = expm1Part(b0, k0, roundingBias0, p0);
        let e1 = expm1Part(b1, k1, roundingBias1, p1);
        ties0 = i32x4.sub(ties0, tie0);
        ties1 = i32x4.sub(ties1, tie1);
        s0 = f32x4.add(s0, p0);
        s1 = f32x4.add(s1, p1);
        r0 = f32x4.add(r0, e0);
        r1 = f32x4.add(r1, e1);
        j += step;
      } while (j < stop);
      do {
        let a2 = v128.load(x2 + i);
        let a3 = v128.load(x3 + i);
        let b2 = shiftedLogit(a2, scale, shift2, minArgument2);
        let b3 = shiftedLogit(a3, scale, shift3, minArgument3);
        let k2 = round(b2, roundingBias2);
        let k3 = round(b3, roundingBias3);
        let tie2 = f32x4.eq(a2, logit2);
        let tie3 = f32x4.eq(a3, logit3);
        let p2 = v128.andnot(exp2Bits(k2), tie2);
        let p3 = v128.andnot(exp2Bits(k3), tie3);
        let e2 = expm1Part(b2, k2, roundingBias2, p2);
        let e3 = expm1Part(b3, k3, roundingBias3, p3);
        ties2 = i32x4.sub(ties2, tie2);
        ties3 = i32x4.sub(ties3, tie3);
        s2 = f32x4.add(s2, p2);
        s3 = f32x4.add(s3, p3);
        r2 = f32x4.add(r2, e2);
        r3 = f32x4.add(r3, e3);
        i += step;
      } while (i < stop);
    }
    if (kind == SOFTMAX) {
      low0 = f64x2.add(low0, promoteLow(s0));
      low1 = f64x2.add(low1, promoteLow(s1));
      low2 = f64x2.add(low2, promoteLow(s2));
      low3 = f64x2.add(low3, promoteLow(s3));
      high0 = f64x2.add(high0, promoteHigh(s0));
      high1 = f64x2.add(high1, promoteHigh(s1));
      high2 = f64x2.add(high2, promoteHigh(s2));
      high3 = f64x2.add(high3, promoteHigh(s3));
    } else {
      low0 = f64x2.add(low0, sumOfParts(promoteLow(s0), promoteLow(r0)));
      low1 = f64x2.add(low1, sumOfParts(promoteLow(s1), promoteLow(r1)));
      low2 = f64x2.add(low2, sumOfParts(promoteLow(s2), promoteLow(r2)));
      low3 = f64x2.add(low3, sumOfParts(promoteLow(s3), promoteLow(r3)));
      high0 = f64x2.add(high0, sumOfParts(promoteHigh(s0), promoteHigh(r0)));
      high1 = f64x2.add(high1, sumOfParts(promoteHigh(s1), promoteHigh(r1)));
      high2 = f64x2.add(high2, sumOfParts(promoteHigh(s2), promoteHigh(r2)));
      high3 = f64x2.add(high3, sumOfParts(promoteHigh(s3), promoteHigh(r3)));
    }
  } while (i < end);

  i = 0;
  if (kind == SOFTMAX) {
    let f0 = reciprocal(low0, high0);
    let least0 = smallestNormal(low0, high0);
    let f1 = reciprocal(low1, high1);
    let least1 = smallestNormal(low1, high1);
    let f2 = reciprocal(low2, high2);
    let least2 = smallestNormal(low2, high2);
    let f3 = reciprocal(low3, high3);
    let least3 = smallestNormal(low3, high3);
    if (results) {
      store4(results, f0, f1, f2, f3);
      store4(results + step, least0, least1, least2, least3);
    } else do {
      let v0 = quotient(v128.load(y0 + i), f0, least0, true);
      let v1 = quotient(v128.load(y1 + i), f1, least1, true);
      let v2 = quotient(v128.load(y2 + i), f2, least2, true);
      let v3 = quotient(v128.load(y3 + i), f3, least3, true);
      v128.store(y0 + i, v0);
      v128.store(y1 + i, v1);
      v128.store(y2 + i, v2);
      v128.store(y3 + i, v3);
      i += step;
    } while (i < end);
    return;
  }

  let log0 = logsOfSums(ties0, low0, high0, max0, kind);
  let log1 = logsOfSums(ties1, low1, high1, max1, kind);
  let log2 = logsOfSums(ties2, low2, high2, max2, kind);
  let log3 = logsOfSums(ties3, low3, high3, max3, kind);
  if (kind == LOG_SUM_EXP) {
    v128.store(y0, log0);
    v128.store(y1, log1);
    v128.store(y2, log2);
    v128.store(y3, log3);
    return;
  }
  if (results) {
    store4(results, max0, max1, max2, max3);
    store4(results + step, log0, log1, log2, log3);
    return;
  }
  do {
    v128.store(y0 + i, logResult(v128.load(x0 + i), scale, max0, log0));
    v128.store(y1 + i, logResult(v128.load(x1 + i), scale, max1, log1));
    v128.store(y2 + i, logResult(v128.load(x2 + i), scale, max2, log2));
    v128.store(y3 + i, logResult(v128.load(x3 + i), scale, max3, log3));
    i += step;
  } while (i < end);
}

/** Rows of up to this length stay in the cache whatever their stride. */
const CACHED: u32 = 12;

/**
 * The last sweep over a chunk of neighbouring rows, step by step along the axis. What it needs of each row is stored to the
 * right of the chunk, where y has no results yet, in the first two steps: for softmax the reciprocal of the sum and the
 * smallest value to be divided, for logSoftmax the maximum and the logarithm.
 *
 * If the stride is a power of two, the addresses of a row's elements have equal low bits: the cache keeps few of them, and a
 * load waits for earlier stores as if they went to the same place. Sixteen rows at a time took ten times as long.
 *
 * @param chunk bytes
 */
function sweepApart(x: usize, y: usize, chunk: usize, n: u32, step: usize, scale: v128, kind: i32): void {
  let results = y + chunk;
  let xFromY = x - y;
  do {
    let i: usize = 0;
    do {
      let p = y + i;
      let r = results + i;
      if (kind == SOFTMAX) v128.store(p, quotient(v128.load(p), v128.load(r), v128.load(r + step), true));
      else v128.store(p, logResult(v128.load(p + xFromY), scale, v128.load(r), v128.load(r + step)));
      i += 16;
    } while (i < chunk);
    y += step;
  } while (--n);
}

@inline function rows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, columns: u32, kind: i32,
): void {
  let factor = f32x4.splat(exactFactor(scale));
  let step = usize(inner) << 2;
  let width = usize(columns) << 2;
  let length: u32 = kind == LOG_SUM_EXP ? 1 : n;
  let perBlock = vectorsPerBlock(columns);
  let last = outer * perBlock - 1;
  let apart = kind != LOG_SUM_EXP && n > CACHED && step >= 2048 && !(step & 1023) && !(width & 63);
  let chunk = max<usize>((width >> 4) & ~63, 256);
  let v0: u32 = 0;
  do {
    let v1 = min(v0 + 1, last);
    let v2 = min(v0 + 2, last);
    let v3 = min(v0 + 3, last);
    let x0 = x + vectorOffset(v0, n, inner, columns);
    let y0 = y + vectorOffset(v0, length, inner, columns);
    let column = usize(v0 % perBlock) << 4;
    let inChunk = column % chunk;
    let results = apart && column - inChunk + 2 * chunk <= width ? y0 + chunk : 0;
    sixteenRows(
      x0, x + vectorOffset(v1, n, inner, columns),
      x + vectorOffset(v2, n, inner, columns), x + vectorOffset(v3, n, inner, columns),
      y0, y + vectorOffset(v1, length, inner, columns),
      y + vectorOffset(v2, length, inner, columns), y + vectorOffset(v3, length, inner, columns),
      n, step, factor, kind, results,
    );
    if (results && inChunk + 64 == chunk) sweepApart(x0 - inChunk, y0 - inChunk, chunk, n, step, factor, kind);
    v0 += 4;
  } while (v0 <= last);
}

export function softmaxStridedRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, none: usize, nothing: usize, columns: u32,
): void {
  rows(x, y, outer, n, inner, scale, columns ? columns : inner, SOFTMAX);
}

/** One copy of the code for both logarithms: the kind is asked only when a row is done. */
function logRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, columns: u32, kind: i32,
): void {
  rows(x, y, outer, n, inner, scale, columns, kind);
}

export function logSoftmaxStridedRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, none: usize, nothing: usize, columns: u32,
): void {
  logRows(x, y, outer, n, inner, scale, columns ? columns : inner, LOG_SOFTMAX);
}

export function logSumExpStridedRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, none: usize, nothing: usize, columns: u32,
): void {
  columns = columns ? columns : inner;
  logRows(x, y, outer, n, inner, scale, columns, LOG_SUM_EXP);
  settleInfinite(x, y, outer, n, inner, scale, columns);
}
