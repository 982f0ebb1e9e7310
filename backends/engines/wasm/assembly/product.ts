// The Jacobian products, with y the softmax of a row and v a vector:
//
//   softmaxProduct  y (v - t), t = Σ y·v       logSoftmaxJvp  v - t, t = Σ y·v       logSoftmaxVjp  v - y t, t = Σ v
//
// t is one float. As two floats it cost 8 to 10 %, and where t cancels v the worst error was 0.97 instead of 1.18 units, of 4
// allowed.

export const SOFTMAX_PRODUCT = 0;
export const LOG_SOFTMAX_JVP = 1;
export const LOG_SOFTMAX_VJP = 2;

/** What a row sums to t. */
@inline export function summand(y: v128, v: v128, kind: i32): v128 {
  return kind == LOG_SOFTMAX_VJP ? v : f32x4.mul(y, v);
}

/** Four elements of the product. */
@inline export function productOf(y: v128, v: v128, t: v128, factor: v128, kind: i32): v128 {
  if (kind == SOFTMAX_PRODUCT) return f32x4.mul(f32x4.mul(y, factor), f32x4.sub(v, t));
  else if (kind == LOG_SOFTMAX_JVP) return f32x4.mul(f32x4.sub(v, t), factor);
  else return f32x4.mul(f32x4.sub(v, f32x4.mul(y, t)), factor);
}
