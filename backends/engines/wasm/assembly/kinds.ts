// What a forward kernel makes of each row. Constants, so that each kernel compiles to its own code.
export const SOFTMAX = 0;
export const LOG_SOFTMAX = 1;
export const LOG_SUM_EXP = 2;

// How the logits enter.
/** As they are: scale 1, and a maximum small enough not to be subtracted. */
export const PLAIN = 0;
/** scale·x - shift in floats, both steps exact: scale is ±2^-k. */
export const SHIFTED = 1;
/** scale·(x - maximum) in doubles: any scale. */
export const DOUBLE = 2;
/** For the maximum alone: as SHIFTED, with a mask of one byte for each element. */
export const MASKED = 3;

/** Whether scale·x is exact in floats: ±2^-k, with k small enough that no logit that matters goes subnormal. */
export function isExactScale(scale: f64): bool {
  let bits = reinterpret<u64>(scale);
  let exponent = i32((bits >> 52) & 0x7ff) - 1023;
  return (bits & 0x000fffffffffffff) == 0 && exponent <= 0 && exponent >= -32;
}

/** The scale itself where it is exact in floats, else its sign, which is all that a maximum needs. */
export function exactFactor(scale: f64): f32 {
  return isExactScale(scale) ? f32(scale) : scale < 0 ? -1 : 1;
}
