// log s for s = Σ e^(x - m), exact also where one logit dominates and s is 1 + tiny.
//
//   s = ties + q        ties: how many logits equal to m are left out       q = Σ e^(x - m) over all others
//
// One number a row, in doubles, so accuracy is cheap: s = 2^e f with f in [√½, √2), and
//   log s = e ln 2 + 2 artanh z,   z = (f - 1) / (f + 1),   f - 1 = (ties 2^-e - 1) + q 2^-e
// Where e is 0 and one logit is the maximum, f - 1 is q with nothing lost: log1p(q).

import {UNIT, maxExponentOf, shiftOf} from './exp';
import {promoteLow} from './simd';

/** a + b·x */
@inline function linear(x: v128, b: f64, a: f64): v128 {
  return f64x2.add(f64x2.mul(x, f64x2.splat(b)), f64x2.splat(a));
}

/** a + b·x, of vectors */
@inline function plusTimes(a: v128, b: v128, x: v128): v128 {
  return f64x2.add(f64x2.mul(b, x), a);
}

// Both polynomials are minimax in the relative error and evaluated in pairs (Estrin): Horner's steps wait for each other, and a
// short row waits for its logarithm.

/** UNIT e^-ρ for |ρ| <= ln 2 / 2, within 2^-29. */
@inline function unitExpMinus(rho: v128): v128 {
  let rho2 = f64x2.mul(rho, rho);
  let low = linear(rho, -1.0000000363271817 * UNIT, 1.000000000554248 * UNIT);
  let middle = linear(rho, -0.16666420151760308 * UNIT, 0.4999999207893972 * UNIT);
  let high = linear(rho, -0.008374817330491943 * UNIT, 0.041668225684692486 * UNIT);
  high = plusTimes(high, f64x2.splat(0.0013836844065973702 * UNIT), rho2);
  return plusTimes(plusTimes(low, middle, rho2), high, f64x2.mul(rho2, rho2));
}

/** 2 artanh z = z p(z²) for |z| <= 0.1716: this is p, within 2^-30. */
@inline function artanhSeries(w: v128): v128 {
  let low = linear(w, 0.6666681599643274, 1.9999999986207704);
  return plusTimes(low, linear(w, 0.29925790854146606, 0.39974789766141317), f64x2.mul(w, w));
}

/**
 * log s of two rows, in lanes 0 and 1. `rest` is the sum of the scaled exponentials (exp.ts) of all logits but some that equal
 * the maximum, as many as `counts` says. The maximum's own would be e^ρ, with ρ = max - shift - maxExponent ln 2, so
 * q = rest e^-ρ. If the exponentials are those of x - max, pass 0 for the maximum.
 */
export function logOfSum(counts: v128, rest: v128, max: v128): v128 {
  let shift = shiftOf(max);
  let maxExponent = f64x2.mul(promoteLow(maxExponentOf(max, shift)), f64x2.splat(0.6931471805599453));
  let rho = f64x2.sub(promoteLow(f32x4.sub(max, shift)), maxExponent);
  let ties = f64x2.convert_low_i32x4_s(counts);
  let q = f64x2.mul(rest, unitExpMinus(rho));
  // The exponent of s / √½, from its float.
  let s = f32x4.demote_f64x2_zero(f64x2.add(ties, q));
  let e = i32x4.shr_s(i32x4.sub(s, f32x4.splat(0.70710678)), 23);
  // 2^-e: that of 1 with e taken from its exponent.
  let unit = i64x2.sub(f64x2.splat(1), i64x2.shl(i64x2.extend_low_i32x4_s(e), 52));
  let above = f64x2.add(f64x2.sub(f64x2.mul(ties, unit), f64x2.splat(1)), f64x2.mul(q, unit));
  let z = f64x2.div(above, f64x2.add(above, f64x2.splat(2)));
  let exponent = f64x2.mul(f64x2.convert_low_i32x4_s(e), f64x2.splat(0.6931471805599453));
  return plusTimes(exponent, artanhSeries(f64x2.mul(z, z)), z);
}
