// v / s for a row's values v and their sum s, as a product with 1/s rounded to a float.
//
// 1/s in two floats was tried: it costs 8 %, and takes little off the worst error, which the values themselves make.
//
// A quotient below 2^-126 is 0, since a product that is subnormal takes up to 150 cycles. Only rows that are wide, with logits
// far below the maximum, have any: others do without the comparison, which takes 2 to 13 % of a softmax. Masked and strided rows
// all have it: with a mask, to find the smallest logit takes longer.

import {demote} from './simd';

/** 1 / s of four rows, from the sums of the first two and of the last two in doubles. */
@inline export function reciprocal(low: v128, high: v128): v128 {
  let one = f64x2.splat(1);
  return demote(f64x2.div(one, low), f64x2.div(one, high));
}

/** Whether there may be quotients below 2^-126 in one of four rows; up to 64 below the maximum, not before n is 2^33. */
@inline export function isWide(lowest: v128, max: v128): bool {
  return v128.any_true(f32x4.lt(lowest, f32x4.sub(max, f32x4.splat(64))));
}

/** The values from which on v / s is a normal number: s · 2^-126, less a millionth for what v and s are off. */
@inline export function smallestNormal(low: v128, high: v128): v128 {
  let smallest = f64x2.splat(1.1754932297991e-38);
  return demote(f64x2.mul(low, smallest), f64x2.mul(high, smallest));
}

/** v / s; in a wide row 0 for values below `least`. */
@inline export function quotient(v: v128, reciprocal: v128, least: v128, wide: bool): v128 {
  return f32x4.mul(wide ? v128.andnot(v, f32x4.lt(v, least)) : v, reciprocal);
}
