// log s for s = Σ e^(x - m), exact also where one logit dominates and s is 1 + tiny.
//
//   s = ties + q        ties: how many logits equal m       q = Σ e^(x - m) over all others
//
// One number a row, in doubles, so accuracy is free: s = 2^e f with f in [√½, √2), and
//   log s = e ln 2 + 2 artanh z,   z = (f - 1) / (f + 1)
// Where e is 0, f - 1 is (ties - 1) + q with nothing lost: log1p(q).

import {LOG_UNIT, octavesOf, shiftOf} from './exp';
import {promoteLow} from './simd';

/** a + b·x */
@inline function linear(x: v128, b: f64, a: f64): v128 {
  return f64x2.add(f64x2.mul(x, f64x2.splat(b)), f64x2.splat(a));
}

/** a + b·x, of vectors */
@inline function plusTimes(a: v128, b: v128, x: v128): v128 {
  return f64x2.add(f64x2.mul(b, x), a);
}

// Both polynomials by pairs (Estrin): the steps of Horner's rule wait for each other, and a short row waits for its log.

/** e^-ρ for |ρ| <= 0.36: Taylor's series up to degree 8, within 2^-31. */
@inline function expMinus(rho: v128): v128 {
  let rho2 = f64x2.mul(rho, rho);
  let rho4 = f64x2.mul(rho2, rho2);
  let low = plusTimes(linear(rho, -1, 1), linear(rho, -1.0 / 6, 0.5), rho2);
  let high = plusTimes(linear(rho, -1.0 / 120, 1.0 / 24), linear(rho, -1.0 / 5040, 1.0 / 720), rho2);
  return plusTimes(low, plusTimes(high, f64x2.splat(1.0 / 40320), rho4), rho4);
}

/** 2 artanh z = z p(z²) for |z| <= 0.172: this is p, up to degree 5, within 2^-34. */
@inline function artanhSeries(w: v128): v128 {
  let w2 = f64x2.mul(w, w);
  let low = plusTimes(linear(w, 2.0 / 3, 2), linear(w, 2.0 / 7, 2.0 / 5), w2);
  return plusTimes(low, linear(w, 2.0 / 11, 2.0 / 9), f64x2.mul(w2, w2));
}

/**
 * log s on two rows, those of lanes 0 and 1. `counts` are the ties; `rest` is the sum of the values of all other
 * logits, as exp.ts makes them at LOG_BIAS. The maximum itself would be e^ρ there, with ρ = max - shift - octaves ln 2,
 * so q = rest e^-ρ. Where the values are those of differences from the maximum, pass 0 for it.
 */
export function logOfSum(counts: v128, rest: v128, max: v128): v128 {
  let shift = shiftOf(max);
  let octaves = f64x2.mul(promoteLow(octavesOf(max, shift)), f64x2.splat(0.6931471805599453));
  let rho = f64x2.sub(promoteLow(f32x4.sub(max, shift)), octaves);
  let ties = f64x2.convert_low_i32x4_s(counts);
  let q = f64x2.mul(f64x2.mul(rest, f64x2.splat(LOG_UNIT)), expMinus(rho));
  let s = f64x2.add(ties, q);
  let e = i64x2.shr_s(i64x2.sub(s, f64x2.splat(0.7071067811865476)), 52);
  let f = i64x2.sub(s, i64x2.shl(e, 52));
  let above = v128.bitselect(
    f64x2.add(f64x2.sub(ties, f64x2.splat(1)), q),
    f64x2.sub(f, f64x2.splat(1)),
    i64x2.eq(e, i64x2.splat(0)),
  );
  let z = f64x2.div(above, f64x2.add(f, f64x2.splat(1)));
  let p = artanhSeries(f64x2.mul(z, z));
  // e as a double: added to the last bits of 1.5 · 2^52.
  let exponent = f64x2.sub(i64x2.add(e, f64x2.splat(6755399441055744)), f64x2.splat(6755399441055744));
  let log = f64x2.add(f64x2.mul(exponent, f64x2.splat(0.6931471805599453)), f64x2.mul(p, z));
  // The integer arithmetic above turns NaN into a number; s - s brings it back.
  return f64x2.add(log, f64x2.sub(s, s));
}
