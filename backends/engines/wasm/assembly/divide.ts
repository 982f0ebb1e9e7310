// v / s for a row's values v and their sum s, as a product with 1/s rounded to a float.
//
// 1/s in two floats was tried: it costs 8 %, and takes little off the worst error, which the values themselves make.

import {demote} from './simd';

/** 1 / s of four rows, from the sums of the first two and of the last two in doubles. */
@inline export function reciprocal(low: v128, high: v128): v128 {
  let one = f64x2.splat(1);
  return demote(f64x2.div(one, low), f64x2.div(one, high));
}
