// Cross-entropy of rows of any number, length and stride: four at a time, a row a lane; see loss_long_rows.ts. The last row fills
// the lanes left over, which are not stored.

import {
  shiftedLogit, expm1Part, minArgumentOf, roundingBiasOf, maxExponentOf, exp2Bits, round, shiftOf, sumOfParts,
} from './exp';
import {logOfSum} from './log';
import {promoteHigh, promoteLow, upper} from './simd';
import {eighth, eighthBelow, eighthOfCost, logitOfClass, lossOf, smoothed} from './labels';
import {loadRows, maximumOfRows, placeOf} from './lanes';

/**
 * The losses of one or two rows, from their log s, maxima, Σq and Σ q (m - x) / 8; if sparse, q is 1 throughout and `label`
 * is that of the first. Returns their sum.
 */
function storeLosses(
  x: usize, label: usize, out: usize, outStep: usize, apart: usize, count: u32, n: u32, step: usize,
  keep: f64, share: f64, logs: v128, maxima: v128, sums: v128, costs: v128, dense: bool,
): f64 {
  let total: f64 = 0;
  let row = x;
  let log = f64x2.extract_lane(logs, 0);
  let max = f64x2.extract_lane(maxima, 0);
  let sum = f64x2.extract_lane(sums, 0);
  let c = 8 * f64x2.extract_lane(costs, 0);
  do {
    let loss: f64;
    if (dense) loss = lossOf(sum, log, c);
    else {
      loss = log + keep * (max - logitOfClass(row, label, n, step));
      // Without smoothing, logits of other classes cost nothing, not even those of -Infinity.
      if (share != 0) loss += share * c;
    }
    store<f32>(out, f32(loss));
    total += loss;
    row += apart;
    label += 4;
    out += outStep;
    log = f64x2.extract_lane(logs, 1);
    max = f64x2.extract_lane(maxima, 1);
    sum = f64x2.extract_lane(sums, 1);
    c = 8 * f64x2.extract_lane(costs, 1);
  } while (--count);
  return total;
}

export function crossEntropyGatheredRows(
  x: usize, out: usize, outer: u32, n: u32, inner: u32, smoothing: f64, labels: usize, none: usize,
  dense: bool, outStep: usize, factor: f64,
): void {
  let step = usize(inner) << 2;
  let bytes = usize(n) * step;
  let one = f32x4.splat(1);
  let keep = 1 - smoothing;
  let share = smoothing / f64(n);
  let keeps = f32x4.splat(f32(keep));
  let shares = f32x4.splat(f32(share));
  let last = outer * inner - 1;
  let total: f64 = 0;
  let r: u32 = 0;
  do {
    let start = placeOf(r, n, inner);
    let d1 = placeOf(min(r + 1, last), n, inner) - start;
    let d2 = placeOf(min(r + 2, last), n, inner) - start;
    let d3 = placeOf(min(r + 3, last), n, inner) - start;
    let p = x + start;
    let end = p + bytes;
    let l = labels + start;
    let max = maximumOfRows(p, d1, d2, d3, bytes, step);
    let max8 = eighth(max);
    let shift = shiftOf(max);
    let maxExponent = maxExponentOf(max, shift);
    let minArgument = minArgumentOf(maxExponent);
    let roundingBias = roundingBiasOf(maxExponent);
    let low = f64x2.splat(0);
    let high = low;
    let sumsLow = low;
    let sumsHigh = low;
    let costsLow = low;
    let costsHigh = low;
    let ties = i32x4.splat(0);
    do {
      // Four elements a row are added as floats before they go to doubles.
      let stop = min(p + 4 * step, end);
      let powers = f32x4.splat(0);
      let expm1Parts = powers;
      let sums = powers;
      let costs = powers;
      do {
        let a = loadRows(p, d1, d2, d3);
        let b = shiftedLogit(a, one, shift, minArgument);
        let k = round(b, roundingBias);
        let tie = f32x4.eq(a, max);
        let v = v128.andnot(exp2Bits(k), tie);
        ties = i32x4.sub(ties, tie);
        powers = f32x4.add(powers, v);
        expm1Parts = f32x4.add(expm1Parts, expm1Part(b, k, roundingBias, v));
        if (dense) {
          let q = smoothed(loadRows(l, d1, d2, d3), keeps, shares);
          sums = f32x4.add(sums, q);
          costs = f32x4.add(costs, eighthOfCost(q, max8, a));
          l += step;
        } else if (share != 0) costs = f32x4.add(costs, eighthBelow(max8, a));
        p += step;
      } while (p < stop);
      low = f64x2.add(low, sumOfParts(promoteLow(powers), promoteLow(expm1Parts)));
      high = f64x2.add(high, sumOfParts(promoteHigh(powers), promoteHigh(expm1Parts)));
      sumsLow = f64x2.add(sumsLow, promoteLow(sums));
      sumsHigh = f64x2.add(sumsHigh, promoteHigh(sums));
      costsLow = f64x2.add(costsLow, promoteLow(costs));
      costsHigh = f64x2.add(costsHigh, promoteHigh(costs));
    } while (p < end);
    low = logOfSum(ties, low, max);
    high = logOfSum(upper(ties), high, upper(max));
    let label = labels + (usize(r) << 2);
    let to = out + usize(r) * outStep;
    let count = min(last - r + 1, 4);
    p = x + start;
    total += storeLosses(
      p, label, to, outStep, d1, min(count, 2), n, step,
      keep, share, low, promoteLow(max), sumsLow, costsLow, dense,
    );
    if (count > 2) {
      total += storeLosses(
        p + d2, label + 8, to + 2 * outStep, outStep, d3 - d2, count - 2, n, step,
        keep, share, high, promoteHigh(max), sumsHigh, costsHigh, dense,
      );
    }
    r += 4;
  } while (r <= last);
  if (!outStep) store<f32>(out, f32(total * factor));
}
