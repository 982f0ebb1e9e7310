// Labels of a row: distributions l, of the shape of the logits, or (sparse) the index of a class, int32. Smoothing gives
// each class its share: q = keep·l + share.

import {madd} from './simd';

@inline export function smoothed(labels: v128, keep: v128, share: v128): v128 {
  return madd(labels, keep, share);
}

/** q·d; 0 where q is 0, even if d is infinite or NaN. */
@inline export function cost(q: v128, d: v128): v128 {
  return v128.and(f32x4.mul(q, d), f32x4.ne(q, f32x4.splat(0)));
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
