// e^t on four floats, scaled so that nothing on the way is ever subnormal.
//
//   t = k ln 2 + r,  |r| <= ln 2 / 2       e^t = 2^k e^r        value = 2^(k - N) · KAPPA e^r · 2^(bias - 127)
//
// - The polynomial for e^r is divided by its leading coefficient, which saves a multiplication; the factor KAPPA that
//   remains cancels in the division by the sum. Degree 6, minimax over |r| <= ln 2 / 2: 1.8 · 2^-24 at worst with all
//   roundings, 0.5 in the root mean square. Degree 5 would be 10 % faster and twice as far off.
// - The exponent k - N + bias is formed in the low bits of `magic` + t log2 e, where N (octaves of the row's maximum)
//   and bias are part of `magic`: scaling the row by 2^-N costs nothing.
// - t is raised to `floor`, where that exponent is 0: the power of two is then zero, and so is the value, exactly.
//   Where it is 1, the value is 511 · 2^-126: normal. Subnormals would cost up to 150 cycles each. BIAS is so high that what
//   is 0 is below 2^-199 of the row's maximum: its quotient by the sum would be no normal number either.
//
// NaN stays NaN throughout; -Infinity gives 0.

import {demote, larger, madd, promoteHigh, promoteLow} from './simd';

/** The factor of the values: the mean of the polynomial over e^r. */
const KAPPA: f64 = 722.7090506382374;
/** The polynomial at 0. */
const CONSTANT_TERM: f32 = 722.7090454101562;

const LOG2_E: f32 = 1.44269504;
const LN2: f32 = 0.69314718;
/** ln 2 in two parts; the first has 15 bits, so that its product with any |k| < 512 is exact. */
const LN2_HIGH: f32 = 0.693145751953125;
const LN2_LOW: f32 = 1.428606765330187e-6;
/** From here on a float has no fraction, and adding it rounds to the nearest integer. */
const ROUND: f32 = 12582912; // 1.5 · 2^23
const ROUND_DOUBLE: f64 = 6755399441055744; // 1.5 · 2^52

/** The exponent field that a row's maximum gets: as high as sixteen values can still be added. */
const BIAS: i32 = 200;
/** A sum of values times this is a sum of e^t 2^-N. The power is 2^(127 - BIAS). */
export const UNIT: f64 = 1.0587911840678754e-22 / KAPPA;

/**
 * The shift: what is subtracted from the logits of each row. The maximum from 208 on: every logit that does not
 * underflow is then within a factor of two of it, and the difference is exact (Sterbenz). Below 208 zero, which is
 * exact too, and the scale by 2^-N does the rest. Subtracting any maximum would cost |x - max| · 2^-24 of relative
 * error.
 */
@inline export function shiftOf(max: v128): v128 {
  return v128.and(max, f32x4.ge(f32x4.abs(max), f32x4.splat(208)));
}

/** N, the octaves of the shifted maximum. Not a number for an infinite maximum, which makes the row NaN. */
@inline export function octavesOf(max: v128, shift: v128): v128 {
  return f32x4.nearest(f32x4.mul(f32x4.sub(max, shift), f32x4.splat(LOG2_E)));
}

@inline export function magicOf(octaves: v128): v128 {
  return f32x4.sub(f32x4.splat(ROUND + f32(BIAS)), octaves);
}

@inline export function floorOf(octaves: v128): v128 {
  return f32x4.mul(f32x4.sub(octaves, f32x4.splat(f32(BIAS))), f32x4.splat(LN2));
}

@inline export function magicOfDouble(): v128 {
  return f64x2.splat(ROUND_DOUBLE + f64(BIAS));
}

@inline export function floorOfDouble(): v128 {
  return f64x2.splat(f64(-BIAS) * 0.6931471805599453);
}

/** KAPPA e^r = CONSTANT_TERM + r q(r); this is q. */
@inline function slope(r: v128): v128 {
  let q = f32x4.add(r, f32x4.splat(6.052323818206787));
  q = madd(q, r, f32x4.splat(30.113733291625977));
  q = madd(q, r, f32x4.splat(120.45001220703125));
  q = madd(q, r, f32x4.splat(361.3546142578125));
  return madd(q, r, f32x4.splat(722.7090454101562));
}

/** scale·(x - origin) in doubles. The difference of two floats is exact there, or nearly so. */
@inline export function distance(x: v128, origin: v128, scale: v128): v128 {
  return f64x2.mul(f64x2.sub(x, origin), scale);
}

// In floats: t is four arguments, `rounded` their octaves in the low bits.

/** scale·x - shift, raised to `floor`. */
@inline export function argument(x: v128, scale: v128, shift: v128, floor: v128): v128 {
  return larger(f32x4.sub(f32x4.mul(x, scale), shift), floor);
}

@inline export function round(t: v128, magic: v128): v128 {
  return madd(t, f32x4.splat(LOG2_E), magic);
}

/** 2^(k - N) 2^(bias - 127). */
@inline export function power(rounded: v128): v128 {
  return i32x4.shl(rounded, 23);
}

@inline function fraction(t: v128, rounded: v128, magic: v128): v128 {
  let k = f32x4.sub(rounded, magic);
  return madd(k, f32x4.splat(-LN2_LOW), madd(k, f32x4.splat(-LN2_HIGH), t));
}

@inline function valueOf(r: v128, power: v128): v128 {
  return f32x4.mul(madd(slope(r), r, f32x4.splat(CONSTANT_TERM)), power);
}

@inline export function value(t: v128, magic: v128): v128 {
  let rounded = round(t, magic);
  return valueOf(fraction(t, rounded, magic), power(rounded));
}

/** What a value is above CONSTANT_TERM times its power, over the power. */
@inline export function excess(t: v128, rounded: v128, magic: v128): v128 {
  let r = fraction(t, rounded, magic);
  return f32x4.mul(slope(r), r);
}

// In doubles: x is four logits, `low` and `high` the maxima of lanes 0, 1 and 2, 3.

@inline function argumentDouble(x: v128, scale: v128, origin: v128, floor: v128): v128 {
  return f64x2.pmax(distance(x, origin, scale), floor);
}

@inline function roundDouble(t: v128, magic: v128): v128 {
  return f64x2.add(f64x2.mul(t, f64x2.splat(1.4426950408889634)), magic);
}

@inline function fractionDouble(t: v128, magic: v128): v128 {
  let k = f64x2.sub(roundDouble(t, magic), magic);
  return f64x2.sub(t, f64x2.mul(k, f64x2.splat(0.6931471805599453)));
}

@inline export function powerDouble(x: v128, scale: v128, low: v128, high: v128, floor: v128, magic: v128): v128 {
  let roundedLow = roundDouble(argumentDouble(promoteLow(x), scale, low, floor), magic);
  let roundedHigh = roundDouble(argumentDouble(promoteHigh(x), scale, high, floor), magic);
  return power(v128.shuffle<i32>(roundedLow, roundedHigh, 0, 2, 4, 6));
}

@inline function fractions(x: v128, scale: v128, low: v128, high: v128, floor: v128, magic: v128): v128 {
  return demote(
    fractionDouble(argumentDouble(promoteLow(x), scale, low, floor), magic),
    fractionDouble(argumentDouble(promoteHigh(x), scale, high, floor), magic),
  );
}

@inline export function valueDouble(x: v128, scale: v128, low: v128, high: v128, floor: v128, magic: v128): v128 {
  return valueOf(fractions(x, scale, low, high, floor, magic), powerDouble(x, scale, low, high, floor, magic));
}

@inline export function excessDouble(x: v128, scale: v128, low: v128, high: v128, floor: v128, magic: v128): v128 {
  let r = fractions(x, scale, low, high, floor, magic);
  return f32x4.mul(slope(r), r);
}

/**
 * Two sums of values in doubles, from the sums of their powers and of their powers times their excesses. A logarithm
 * shows the rounding of single values where few make up the sum. Powers are exact, and the rest is a third of a value:
 * adding them apart leaves out the largest rounding, and costs one addition.
 */
@inline export function sumOfParts(powers: v128, excesses: v128): v128 {
  return f64x2.add(f64x2.mul(powers, f64x2.splat(f64(CONSTANT_TERM))), excesses);
}
