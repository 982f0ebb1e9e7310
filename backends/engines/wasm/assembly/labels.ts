// Labels of a row: distributions l, of the shape of the logits, or (sparse) the index of a class, int32. Smoothing gives
// each class its share: q = keep·l + share.

import {madd} from './simd';

@inline export function smoothed(labels: v128, keep: v128, share: v128): v128 {
  return madd(labels, keep, share);
}

/** x / 8, for `eighthOfCost`. */
@inline export function eighth(x: v128): v128 {
  return f32x4.mul(x, f32x4.splat(0.125));
}

/**
 * q (m - x) / 8; 0 where q is 0, even if x is infinite or NaN. Of an eighth neither the difference of any two floats overflows
 * nor the sum of four costs; the division is exact.
 */
@inline export function eighthOfCost(q: v128, eighthOfMax: v128, x: v128): v128 {
  return v128.and(f32x4.mul(q, eighthBelow(eighthOfMax, x)), f32x4.ne(q, f32x4.splat(0)));
}

/** (m - x) / 8 */
@inline export function eighthBelow(eighthOfMax: v128, x: v128): v128 {
  return f32x4.sub(eighthOfMax, eighth(x));
}

/** Σq log s + Σ q (m - x). Labels of 0 throughout cost nothing, whatever the row holds. */
@inline export function lossOf(sum: f64, log: f64, costs: f64): f64 {
  return sum == 0 && costs == 0 ? 0 : sum * log + costs;
}

/** The logit of a row's class; NaN for an index that is none. */
@inline export function logitOfClass(x: usize, label: usize, n: u32, step: usize): f64 {
  let index = load<u32>(label);
  return index < n ? f64(load<f32>(x + usize(index) * step)) : NaN;
}
