// The derivative of cross-entropy in the logits: c (y Σq - q) with y = softmax(x) and the row's cotangent c. Where that
// is 0 the whole row is, whatever it holds.
//
// Values e^(x - m), as exp.ts makes them, are multiplied by c Σq / s. For that product to be 0 or normal, never
// subnormal, their exponents are lowered by the octaves of c Σq below 1: see `biasFor`.

import {biasFor} from '../assembly/exp';

const ROUND: f32 = 12582912; // as in exp.ts
const LN2: f32 = 0.69314718;

/** The bias of four rows, as floats, from their c Σq. */
@inline export function biasOf(weight: v128, n: u32): v128 {
  let octaves = i32x4.sub(i32x4.shr_u(i32x4.shl(weight, 1), 24), i32x4.splat(127));
  let bias = i32x4.add(i32x4.min_s(octaves, i32x4.splat(0)), i32x4.splat(biasFor(n)));
  return f32x4.convert_i32x4_s(i32x4.max_s(bias, i32x4.splat(2)));
}

/** As of the same names in exp.ts, for a bias that is a vector. */
@inline export function magicOf(octaves: v128, bias: v128): v128 {
  return f32x4.sub(f32x4.add(f32x4.splat(ROUND), bias), octaves);
}

@inline export function floorOf(octaves: v128, bias: v128): v128 {
  return f32x4.mul(f32x4.sub(octaves, bias), f32x4.splat(LN2));
}
