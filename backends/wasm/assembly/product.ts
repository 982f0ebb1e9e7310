// The Jacobian products, with y the softmax of a row and v a vector:
//
//   softmaxProduct  y (v - t), t = Σ y·v       logSoftmaxJvp  v - t, t = Σ y·v       logSoftmaxVjp  v - y t, t = Σ v
//
// y comes rounded, and the error of its row's sum is in all of its elements. It shows in Σ y, and dividing by that takes
// it out again: y / Σ y stands for y throughout. One more addition an element, in sweeps that wait for memory.

export const SOFTMAX_PRODUCT = 0;
export const LOG_SOFTMAX_JVP = 1;
export const LOG_SOFTMAX_VJP = 2;

/** What a row sums to t, before the division by Σ y. */
@inline export function summand(y: v128, v: v128, kind: i32): v128 {
  return kind == LOG_SOFTMAX_VJP ? v : f32x4.mul(y, v);
}

/** t as `productOf` wants it. */
@inline export function totalOf(sum: v128, ySum: v128): v128 {
  return f64x2.div(sum, ySum);
}

/** What y or the difference is multiplied by: factor, with 1 / Σ y where the whole product has y as a factor. */
@inline export function multiplierOf(factor: f64, ySum: v128, kind: i32): v128 {
  let factors = f64x2.splat(factor);
  return kind == SOFTMAX_PRODUCT ? f64x2.div(factors, ySum) : factors;
}

@inline export function productOf(y: v128, v: v128, t: v128, multiplier: v128, kind: i32): v128 {
  if (kind == SOFTMAX_PRODUCT) return f32x4.mul(f32x4.mul(y, multiplier), f32x4.sub(v, t));
  else if (kind == LOG_SOFTMAX_JVP) return f32x4.mul(f32x4.sub(v, t), multiplier);
  else return f32x4.mul(f32x4.sub(v, f32x4.mul(y, t)), multiplier);
}
