// Cross-entropy of contiguous rows of four or more, one row at a time.
//
//   loss = Σ q (log s - (x - m)) = Σq log s + Σ q (m - x)        m = max x,  s = Σ e^(x - m)
//
// Both terms are positive: nothing cancels.
//
// (x, out, outer, n, inner, smoothing, labels, 0, dense, step, factor)
//   step    4: one loss a row. 0: one number, their sum times the factor

import {logOfSum} from './log';
import {maximumPlain, setMask, sumOfOthers, ties} from './long_rows';
import {lanesFrom, maxOfLanes, promoteHigh, promoteLow, sumOfDoubles} from './simd';
import {eighth, eighthOfCost, logitOfClass, lossOf, smoothed} from './labels';

/** What `sumOfCosts` returns beside the costs. */
let sumOfLabels: f64 = 0;

/** Σ q (m - x) of a row, and Σq in `sumOfLabels`. With keep 0 and share 1 labels are ignored: Σ (m - x), and n. */
function sumOfCosts(x: usize, labels: usize, bytes: usize, max: v128, keep: v128, share: v128): f64 {
  let max8 = eighth(max);
  let costs = f64x2.splat(0);
  let total = costs;
  let known = f32x4.ne(keep, f32x4.splat(0)); // ignored labels may be -Infinity
  let countedLanes = i32x4.splat(-1);
  let last = bytes - 16;
  let i: usize = 0;
  do {
    if (i > last) {
      countedLanes = lanesFrom(i32((i - last) >> 2));
      i = last;
    }
    let q = v128.and(smoothed(v128.and(v128.load(labels + i), known), keep, share), countedLanes);
    let c = eighthOfCost(q, max8, v128.load(x + i));
    total = f64x2.add(total, f64x2.add(promoteLow(q), promoteHigh(q)));
    costs = f64x2.add(costs, f64x2.add(promoteLow(c), promoteHigh(c)));
    i += 16;
  } while (i < bytes);
  sumOfLabels = sumOfDoubles(total);
  return 8 * sumOfDoubles(costs);
}

export function crossEntropyLongRows(
  x: usize, out: usize, outer: u32, n: u32, inner: u32, smoothing: f64, labels: usize, none: usize,
  dense: bool, step: usize, factor: f64,
): void {
  setMask(0);
  let bytes = usize(n) << 2;
  let one = f32x4.splat(1);
  let keep = 1 - smoothing;
  let share = smoothing / f64(n);
  let sum: f64 = 0;
  let row = out;
  do {
    let max = f32x4.splat(maxOfLanes(maximumPlain(x, bytes)));
    let others = sumOfOthers(x, 0, bytes, max, one, true, true, false);
    let loss = f64x2.extract_lane(logOfSum(i32x4.splat(ties), f64x2.splat(others), max), 0);
    if (dense) {
      let costs = sumOfCosts(x, labels, bytes, max, f32x4.splat(f32(keep)), f32x4.splat(f32(share)));
      loss = lossOf(sumOfLabels, loss, costs);
      labels += bytes;
    } else {
      loss += keep * (f64(f32x4.extract_lane(max, 0)) - logitOfClass(x, labels, n, 4));
      // Without smoothing, logits of other classes cost nothing, not even those of -Infinity.
      if (share != 0) loss += share * sumOfCosts(x, x, bytes, max, f32x4.splat(0), one);
      labels += 4;
    }
    store<f32>(row, f32(loss));
    sum += loss;
    x += bytes;
    row += step;
  } while (--outer);
  if (!step) store<f32>(out, f32(sum * factor));
}
