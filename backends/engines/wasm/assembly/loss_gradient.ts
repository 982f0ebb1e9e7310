// The derivative of cross-entropy in the logits, c (y Σq - q), with the row's cotangent c. A forward kernel has stored the softmax
// y in `out`. If c is 0 the whole row is 0, whatever it holds.
//
// (x, out, outer, n, inner, smoothing, labels, cotangents, dense, step, factor)
//   x       is not read
//   step    4: one cotangent a row. 0: one for all. Cotangents are multiplied by the factor

/** The smallest y whose product with c Σq is a normal number. Below it counts as 0: subnormals are slow. */
@inline export function smallest(weight: v128): v128 {
  return f32x4.div(f32x4.splat(1.1754943508222875e-38), f32x4.abs(weight));
}

/** weight·y - q, NaN where y or the weight is. */
@inline export function slope(y: v128, weight: v128, least: v128, q: v128): v128 {
  return f32x4.sub(v128.andnot(f32x4.mul(y, weight), f32x4.lt(y, least)), q);
}
