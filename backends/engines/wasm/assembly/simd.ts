// What every kernel needs of 128-bit vectors.
//
// Two habits hold in all kernels, both for V8's optimising compiler:
// - Inner loops are `do ... while`. It hoists constants and per-row values out of a loop only if the body runs before
//   the test; a `while` loop computes them again in every turn and takes 1.7 times as long.
// - Neighbouring statements do the same to independent vectors, so that their latencies overlap.

/**
 * a·b + c: rounded once in the relaxed build where the machine can, twice in the other (see scripts/build_wasm.mjs). Never
 * exact by contract.
 */
@inline export function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

// Moves of whole lanes rather than shuffles, which take 18 bytes of code each.

/** Lanes 2 and 3 as lanes 0 and 1. */
@inline export function upper(v: v128): v128 {
  return f64x2.splat(f64x2.extract_lane(v, 1));
}

/** Lanes 0 and 1 of two vectors. */
@inline export function joinLow(a: v128, b: v128): v128 {
  return f64x2.replace_lane(a, 1, f64x2.extract_lane(b, 0));
}

/** Lanes 2 and 3 of two vectors. */
@inline export function joinHigh(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(a, b, 1, 3);
}

/** Lanes 0 and 1 of two vectors, in turn. */
@inline export function mixLow(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

/** Lanes 2 and 3 of two vectors, in turn. */
@inline export function mixHigh(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

@inline export function promoteLow(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

@inline export function promoteHigh(v: v128): v128 {
  return f64x2.promote_low_f32x4(upper(v));
}

/** The same by a shuffle: one instruction fewer, which is 2 to 5 % of a loop that sums, and 13 bytes of code more. */
@inline export function promoteHighInLoop(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 1));
}

/** Four doubles as four floats. */
@inline export function demote(low: v128, high: v128): v128 {
  return joinLow(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high));
}

/** The larger, and `a` if either is NaN: one instruction on x86, where f32x4.max is nine. */
@inline export function larger(a: v128, b: v128): v128 {
  return f32x4.pmax(a, b);
}

/** The smaller, and `a` if either is NaN. */
@inline export function smaller(a: v128, b: v128): v128 {
  return f32x4.pmin(a, b);
}

@inline export function maxOfLanes(v: v128): f32 {
  let pairs = larger(v, upper(v));
  return f32x4.extract_lane(larger(pairs, f32x4.splat(f32x4.extract_lane(pairs, 1))), 0);
}

@inline export function minOfLanes(v: v128): f32 {
  let pairs = smaller(v, upper(v));
  return f32x4.extract_lane(smaller(pairs, f32x4.splat(f32x4.extract_lane(pairs, 1))), 0);
}

@inline export function sumOfDoubles(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

@inline export function sumOfCounts(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

/**
 * All ones in the lanes from `first` on. A row that is no multiple of four ends with a vector that overlaps the one
 * before; the lanes below `first` have been counted already.
 */
@inline export function lanesFrom(first: i32): v128 {
  return i32x4.ge_s(i32x4(0, 1, 2, 3), i32x4.splat(first));
}

/** Four floats from four places. */
@inline export function loadLanes(p0: usize, p1: usize, p2: usize, p3: usize): v128 {
  return v128.load32_lane(p3, v128.load32_lane(p2, v128.load32_lane(p1, v128.load32_zero(p0), 1), 2), 3);
}

@inline export function storeLanes(p0: usize, p1: usize, p2: usize, p3: usize, v: v128): void {
  v128.store32_lane(p0, v, 0);
  v128.store32_lane(p1, v, 1);
  v128.store32_lane(p2, v, 2);
  v128.store32_lane(p3, v, 3);
}

// One lane in all four. Extract and splat take 5 bytes of code, a shuffle 18. Lane numbers must be literals.
@inline export function splat0(v: v128): v128 {
  return f32x4.splat(f32x4.extract_lane(v, 0));
}

@inline export function splat1(v: v128): v128 {
  return f32x4.splat(f32x4.extract_lane(v, 1));
}

@inline export function splat2(v: v128): v128 {
  return f32x4.splat(f32x4.extract_lane(v, 2));
}

@inline export function splat3(v: v128): v128 {
  return f32x4.splat(f32x4.extract_lane(v, 3));
}

@inline export function evenLanes(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}

@inline export function oddLanes(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 1, 3, 5, 7);
}
