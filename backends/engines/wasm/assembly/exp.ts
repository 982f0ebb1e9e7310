// The scaled exponential of four floats: e^t, scaled per row so that no intermediate is ever subnormal.
//
//   t = k ln 2 + r,  |r| <= ln 2 / 2       e^t = 2^k e^r        scaledExp = 2^(k - N) · KAPPA e^r · 2^(BIAS - 127)
//
// - The polynomial for e^r is divided by its leading coefficient, which saves a multiplication. The factor KAPPA that
//   remains cancels in the division by the sum. The polynomial has degree 6 and is minimax over |r| <= ln 2 / 2: 1.8 · 2^-24
//   off at worst with all roundings, 0.5 in the root mean square. Degree 5 would be 10 % faster and twice as far off.
// - The exponent field k - N + BIAS appears in the low bits of roundingBias + t log2 e. N (maxExponent, the binary exponent
//   of the row's maximum) and BIAS are part of roundingBias, so that scaling the row by 2^-N costs nothing.
// - t is raised to at least minArgument, where the exponent field is 0: 2^(k - N) is then exactly 0, and so is the result.
//   Where the field is 1 the result is 511 · 2^-126, a normal number. Subnormals would cost up to 150 cycles each. BIAS is
//   so high that a result of 0 stands for less than 2^-199 of the row's maximum; see divide.ts for quotients.
//
// NaN stays NaN throughout; -Infinity gives 0.

import {demote, larger, madd, promoteHigh, promoteLow} from './simd';

/** The factor of scaled exponentials: the mean of the polynomial over e^r. */
const KAPPA: f64 = 722.7090531909487;
/** The polynomial at 0. */
const CONSTANT_TERM: f32 = 722.7090454101562;

const LOG2_E: f32 = 1.44269504;
const LN2: f32 = 0.69314718;
/** ln 2 in two parts; the first has 15 bits, so that its product with any |k| < 512 is exact. */
const LN2_HIGH: f32 = 0.693145751953125;
const LN2_LOW: f32 = 1.428606765330187e-6;
/** From here on a float has no fraction: adding this number rounds to the nearest integer. */
const ROUND: f32 = 12582912; // 1.5 · 2^23
const ROUND_DOUBLE: f64 = 6755399441055744; // 1.5 · 2^52

/** The exponent field of a row's largest result: as high as the sum of sixteen results permits. */
const BIAS: i32 = 200;
/** A sum of scaled exponentials times UNIT is a sum of e^t 2^-N: 2^(127 - BIAS) / KAPPA. */
export const UNIT: f64 = 1.0587911840678754e-22 / KAPPA;

/**
 * The shift: what is subtracted from the logits of each row. If |max| >= 208 the shift is the maximum: every logit that
 * does not underflow is within a factor of two of it, and the difference is exact (Sterbenz). Otherwise the shift is 0,
 * which is exact too, and the scale by 2^-N does the rest. Subtracting a smaller maximum would cost |x - max| · 2^-24 of
 * relative error.
 */
@inline export function shiftOf(max: v128): v128 {
  return v128.and(max, f32x4.ge(f32x4.abs(max), f32x4.splat(208)));
}

/** N, the binary exponent of e^(max - shift). NaN for an infinite maximum, which makes the whole row NaN. */
@inline export function maxExponentOf(max: v128, shift: v128): v128 {
  return f32x4.nearest(f32x4.mul(f32x4.sub(max, shift), f32x4.splat(LOG2_E)));
}

@inline export function roundingBiasOf(maxExponent: v128): v128 {
  return f32x4.sub(f32x4.splat(ROUND + f32(BIAS)), maxExponent);
}

@inline export function minArgumentOf(maxExponent: v128): v128 {
  return f32x4.mul(f32x4.sub(maxExponent, f32x4.splat(f32(BIAS))), f32x4.splat(LN2));
}

@inline export function roundingBiasOfDouble(): v128 {
  return f64x2.splat(ROUND_DOUBLE + f64(BIAS));
}

@inline export function minArgumentOfDouble(): v128 {
  return f64x2.splat(f64(-BIAS) * 0.6931471805599453);
}

/**
 * KAPPA e^r = CONSTANT_TERM + r q(r); this is q. Without its constant term it is r times a product of two quadratics: as many
 * operations as in Horner's scheme, but fewer that wait for each other, which makes a softmax 5 to 7 % faster. The coefficients
 * are those nearby that round to the least error.
 */
@inline function slope(r: v128): v128 {
  let a = madd(f32x4.add(r, f32x4.splat(-1.1071745157241821)), r, f32x4.splat(19.665414810180664));
  let b = madd(f32x4.add(r, f32x4.splat(7.159496307373047)), r, f32x4.splat(18.37512969970703));
  return madd(f32x4.mul(a, b), r, f32x4.splat(CONSTANT_TERM));
}

/** scale·(x - origin) in doubles. The difference of two floats is exact there, or nearly so. */
@inline export function distance(x: v128, origin: v128, scale: v128): v128 {
  return f64x2.mul(f64x2.sub(x, origin), scale);
}

// In floats. t is what `shiftedLogit` returns; `rounded` has the exponent fields in its low bits.

/** scale·x - shift, but at least `minArgument`. */
@inline export function shiftedLogit(x: v128, scale: v128, shift: v128, minArgument: v128): v128 {
  return larger(f32x4.sub(f32x4.mul(x, scale), shift), minArgument);
}

@inline export function round(t: v128, roundingBias: v128): v128 {
  return madd(t, f32x4.splat(LOG2_E), roundingBias);
}

/** 2^(k - N) · 2^(BIAS - 127): the exponent fields moved into place. */
@inline export function exp2Bits(rounded: v128): v128 {
  return i32x4.shl(rounded, 23);
}

@inline function fraction(t: v128, rounded: v128, roundingBias: v128): v128 {
  let k = f32x4.sub(rounded, roundingBias);
  return madd(k, f32x4.splat(-LN2_LOW), madd(k, f32x4.splat(-LN2_HIGH), t));
}

@inline function scaledExpOf(r: v128, exp2: v128): v128 {
  return f32x4.mul(madd(slope(r), r, f32x4.splat(CONSTANT_TERM)), exp2);
}

@inline export function scaledExp(t: v128, roundingBias: v128): v128 {
  let rounded = round(t, roundingBias);
  return scaledExpOf(fraction(t, rounded, roundingBias), exp2Bits(rounded));
}

/**
 * The part of a scaled exponential that is like expm1: scaledExp - CONSTANT_TERM · exp2. `exp2` is exp2Bits, or 0; its product
 * with r is exact and does not wait for the slope.
 */
@inline export function expm1Part(t: v128, rounded: v128, roundingBias: v128, exp2: v128): v128 {
  let r = fraction(t, rounded, roundingBias);
  return f32x4.mul(slope(r), f32x4.mul(r, exp2));
}

// In doubles. x is four logits; `low` and `high` are the maxima of lanes 0, 1 and of lanes 2, 3.

@inline function shiftedLogitDouble(x: v128, scale: v128, origin: v128, minArgument: v128): v128 {
  return f64x2.pmax(distance(x, origin, scale), minArgument);
}

@inline function roundDouble(t: v128, roundingBias: v128): v128 {
  return f64x2.add(f64x2.mul(t, f64x2.splat(1.4426950408889634)), roundingBias);
}

@inline function fractionDouble(t: v128, roundingBias: v128): v128 {
  let k = f64x2.sub(roundDouble(t, roundingBias), roundingBias);
  return f64x2.sub(t, f64x2.mul(k, f64x2.splat(0.6931471805599453)));
}

@inline export function exp2BitsDouble(
  x: v128, scale: v128, low: v128, high: v128, minArgument: v128, roundingBias: v128,
): v128 {
  let roundedLow = roundDouble(shiftedLogitDouble(promoteLow(x), scale, low, minArgument), roundingBias);
  let roundedHigh = roundDouble(shiftedLogitDouble(promoteHigh(x), scale, high, minArgument), roundingBias);
  return exp2Bits(v128.shuffle<i32>(roundedLow, roundedHigh, 0, 2, 4, 6));
}

@inline function fractions(x: v128, scale: v128, low: v128, high: v128, minArgument: v128, roundingBias: v128): v128 {
  return demote(
    fractionDouble(shiftedLogitDouble(promoteLow(x), scale, low, minArgument), roundingBias),
    fractionDouble(shiftedLogitDouble(promoteHigh(x), scale, high, minArgument), roundingBias),
  );
}

@inline export function scaledExpDouble(
  x: v128, scale: v128, low: v128, high: v128, minArgument: v128, roundingBias: v128,
): v128 {
  let r = fractions(x, scale, low, high, minArgument, roundingBias);
  return scaledExpOf(r, exp2BitsDouble(x, scale, low, high, minArgument, roundingBias));
}

@inline export function expm1PartDouble(
  x: v128, scale: v128, low: v128, high: v128, minArgument: v128, roundingBias: v128,
): v128 {
  let r = fractions(x, scale, low, high, minArgument, roundingBias);
  return f32x4.mul(slope(r), r);
}

/**
 * Two sums of scaled exponentials in doubles, from the sums of exp2Bits and of exp2Bits · expm1Part. Where few elements make
 * up a sum, its logarithm shows the rounding of each. exp2Bits are exact and expm1Part is at most a third of the whole:
 * adding them apart avoids the largest rounding, at the cost of one addition.
 */
@inline export function sumOfParts(powers: v128, expm1Parts: v128): v128 {
  return f64x2.add(f64x2.mul(powers, f64x2.splat(f64(CONSTANT_TERM))), expm1Parts);
}
