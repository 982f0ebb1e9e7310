// Masked forward kernels for rows of any number, length, stride and scale, and any mask: four at a time, a row a lane, in
// doubles, as gathered_rows.ts without masks. Signatures as in masked_long_rows.ts.

import {reciprocal} from './divide';
import {
  LOG_BIAS, biasFor, distance, excessDouble, floorOfDouble, magicOfDouble, powerDouble, sumOfParts,
} from './exp';
import {LOG_SUM_EXP, SOFTMAX, exactFactor} from './kinds';
import {logOfSum} from './log';
import {demote, larger, promoteHigh, promoteLow, storeLanes, upper} from './simd';
import {loadRows, storeRows} from './lanes';
import {kept, limit} from './mask';

/** As in exp.ts: a value is (CONSTANT_TERM + excess) times its power, which is exact. */
const CONSTANT_TERM: f32 = 722.7090454101562;

/** Four rows of logits at x; the result is `toY` bytes further on, but that of log-sum-exp is returned. */
@inline function fourRows(
  x: usize, d1: usize, d2: usize, d3: usize, m: usize, e1: usize, e2: usize, e3: usize, toY: usize,
  n: u32, xStep: usize, mStep: usize, scale: f64, kind: i32,
): v128 {
  let factor = f32x4.splat(exactFactor(scale));
  let nothing = f32x4.splat(-Infinity);
  let max = nothing;
  let p = x;
  let q = m;
  let end = x + usize(n) * xStep;
  do {
    let a = f32x4.mul(loadRows(p, d1, d2, d3), factor);
    max = larger(max, v128.bitselect(a, nothing, kept(q, e1, e2, e3)));
    p += xStep;
    q += mStep;
  } while (p < end);

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
  p = x;
  q = m;
  do {
    let a = loadRows(p, d1, d2, d3);
    let keep = kept(q, e1, e2, e3);
    let powers = powerDouble(a, scales, originLow, originHigh, floor, magic);
    let excesses = excessDouble(a, scales, originLow, originHigh, floor, magic);
    if (kind == SOFTMAX) {
      let v = v128.and(f32x4.mul(f32x4.add(excesses, f32x4.splat(CONSTANT_TERM)), powers), keep);
      storeRows(p + toY, d1, d2, d3, v);
      low = f64x2.add(low, promoteLow(v));
      high = f64x2.add(high, promoteHigh(v));
    } else {
      let tie = v128.and(f32x4.eq(a, logit), keep);
      ties = i32x4.sub(ties, tie);
      powers = v128.andnot(powers, tie);
      excesses = v128.and(f32x4.mul(excesses, powers), keep);
      powers = v128.and(powers, keep);
      low = f64x2.add(low, sumOfParts(promoteLow(powers), promoteLow(excesses)));
      high = f64x2.add(high, sumOfParts(promoteHigh(powers), promoteHigh(excesses)));
    }
    p += xStep;
    q += mStep;
  } while (p < end);

  // The values are those of differences from the maximum: from 0, or from NaN where that is infinite.
  let reference = f32x4.sub(max, max);
  let factors = reciprocal(low, high);
  if (kind != SOFTMAX) {
    low = logOfSum(ties, low, reference);
    high = logOfSum(upper(ties), high, upper(reference));
  }
  if (kind == LOG_SUM_EXP) {
    let peakLow = f64x2.mul(originLow, scales);
    let peakHigh = f64x2.mul(originHigh, scales);
    return demote(f64x2.add(peakLow, low), f64x2.add(peakHigh, high));
  }
  p = x;
  q = m;
  do {
    let keep = kept(q, e1, e2, e3);
    let result: v128;
    if (kind == SOFTMAX) {
      result = v128.and(f32x4.mul(loadRows(p + toY, d1, d2, d3), factors), keep);
    } else {
      let a = loadRows(p, d1, d2, d3);
      result = demote(
        f64x2.sub(distance(promoteLow(a), originLow, scales), low),
        f64x2.sub(distance(promoteHigh(a), originHigh, scales), high),
      );
      result = v128.bitselect(result, nothing, keep);
    }
    storeRows(p + toY, d1, d2, d3, result);
    p += xStep;
    q += mStep;
  } while (p < end);
  return max;
}

/** Where row r stands, of b rows a row of rows. */
function place(start: usize, r: u32, b: u32, stepA: usize, stepB: usize): usize {
  let q = r / b;
  return start + usize(q) * stepA + usize(r - q * b) * stepB;
}

export function maskedGatheredRows(
  x: usize, m: usize, y: usize, n: u32, a: u32, b: u32, xStep: usize, xA: usize, xB: usize,
  mStep: usize, mA: usize, mB: usize, yA: usize, yB: usize, scale: f64, kind: i32,
): void {
  let last = a * b - 1;
  let r0: u32 = 0;
  do {
    let r1 = min(r0 + 1, last);
    let r2 = min(r0 + 2, last);
    let r3 = min(r0 + 3, last);
    let p = place(x, r0, b, xA, xB);
    let q = place(m, r0, b, mA, mB);
    let result = fourRows(
      p, place(x, r1, b, xA, xB) - p, place(x, r2, b, xA, xB) - p, place(x, r3, b, xA, xB) - p,
      q, place(m, r1, b, mA, mB) - q, place(m, r2, b, mA, mB) - q, place(m, r3, b, mA, mB) - q,
      y - x, n, xStep, mStep, scale, kind,
    );
    if (kind == LOG_SUM_EXP) {
      storeLanes(
        place(y, r0, b, yA, yB), place(y, r1, b, yA, yB), place(y, r2, b, yA, yB), place(y, r3, b, yA, yB), result,
      );
    }
    r0 += 4;
  } while (r0 <= last);

  if (kind != LOG_SUM_EXP) return;
  do {
    let at = place(y, last, b, yA, yB);
    if (isNaN(load<f32>(at))) {
      store<f32>(at, limit(place(x, last, b, xA, xB), place(m, last, b, mA, mB), n, xStep, mStep, scale));
    }
  } while (last--);
}
