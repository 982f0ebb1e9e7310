// The sweeps of long_rows.ts over contiguous rows of four or more, with a mask of one byte an element.
//
// `maskEnabled` is all ones if the row has a mask. Otherwise it is 0, and m may point at any readable bytes.
//
// A masked-out element is NaN for the maximum, which ignores NaN, and its scaled exponential is 0. If n is no multiple of four,
// the last vector of a row overlaps the one before. The scale is exact.

import {expm1Part, exp2Bits, round, sumOfParts, scaledExp} from './exp';
import {lanesFrom, larger, maxOfLanes, promoteHigh, promoteLow, sumOfCounts, sumOfDoubles} from './simd';
import {fourMaskedOut} from './mask';

/** What `sumOfOthers` returns beside the sum: AssemblyScript's functions return one value. */
let ties: i32 = 0;

export function tiesOfLastRow(): v128 {
  return i32x4.splat(ties);
}

/** All ones in the lanes of masked-out elements, of the four at `i` bytes. */
@inline export function maskedOutAt(m: usize, i: usize, maskEnabled: v128): v128 {
  return v128.and(fourMaskedOut(m + (i >> 2)), maskEnabled);
}

@inline function shiftedLogit(t: v128, shift: v128, minArgument: v128): v128 {
  return larger(f32x4.sub(t, shift), minArgument);
}

/** max scale·x. It ignores NaN, which makes the sum NaN instead. */
export function maximum(x: usize, m: usize, bytes: usize, maskEnabled: v128, scale: v128): v128 {
  let max = f32x4.splat(-Infinity);
  let last = bytes - 16;
  let i: usize = 0;
  do {
    let at = min(i, last);
    max = larger(max, v128.or(f32x4.mul(v128.load(x + at), scale), maskedOutAt(m, at, maskEnabled)));
    i += 16;
  } while (i < bytes);
  return f32x4.splat(maxOfLanes(max));
}

/** The sum of the scaled exponentials of a row, which are stored at y. Sixteen are added as floats before doubles. */
export function sumOfExps(
  x: usize, m: usize, y: usize, bytes: usize, maskEnabled: v128, scale: v128, shift: v128,
  minArgument: v128, roundingBias: v128,
): f64 {
  let sum = f64x2.splat(0);
  let countedLanes = i32x4.splat(-1);
  let last = bytes - 16;
  let i: usize = 0;
  do {
    let stop = min(i + 64, bytes);
    let values = f32x4.splat(0);
    do {
      if (i > last) {
        countedLanes = lanesFrom(i32((i - last) >> 2));
        i = last;
      }
      let v = scaledExp(shiftedLogit(f32x4.mul(v128.load(x + i), scale), shift, minArgument), roundingBias);
      v = v128.andnot(v, maskedOutAt(m, i, maskEnabled));
      v128.store(y + i, v);
      values = f32x4.add(values, v128.and(v, countedLanes));
      i += 16;
    } while (i < stop);
    sum = f64x2.add(sum, f64x2.add(promoteLow(values), promoteHigh(values)));
  } while (i < bytes);
  return sumOfDoubles(sum);
}

/** The sum of the scaled exponentials without those of logits equal to `max`, which are counted in `ties`. */
export function sumOfOthers(
  x: usize, m: usize, bytes: usize, maskEnabled: v128, scale: v128, max: v128, shift: v128,
  minArgument: v128, roundingBias: v128,
): f64 {
  let sum = f64x2.splat(0);
  let count = i32x4.splat(0);
  let countedLanes = i32x4.splat(-1);
  let last = bytes - 16;
  let i: usize = 0;
  do {
    let stop = min(i + 64, bytes);
    let powers = f32x4.splat(0);
    let expm1Parts = powers;
    do {
      if (i > last) {
        countedLanes = lanesFrom(i32((i - last) >> 2));
        i = last;
      }
      let maskedOut = maskedOutAt(m, i, maskEnabled);
      let t = f32x4.mul(v128.load(x + i), scale);
      let taken = v128.andnot(countedLanes, maskedOut);
      let tie = v128.and(f32x4.eq(t, max), taken);
      let a = shiftedLogit(t, shift, minArgument);
      let k = round(a, roundingBias);
      let p = v128.and(v128.andnot(exp2Bits(k), tie), taken);
      count = i32x4.sub(count, tie);
      powers = f32x4.add(powers, p);
      expm1Parts = f32x4.add(expm1Parts, v128.andnot(f32x4.mul(expm1Part(a, k, roundingBias), p), maskedOut));
      i += 16;
    } while (i < stop);
    sum = f64x2.add(sum, sumOfParts(promoteLow(powers), promoteLow(expm1Parts)));
    sum = f64x2.add(sum, sumOfParts(promoteHigh(powers), promoteHigh(expm1Parts)));
  } while (i < bytes);
  ties = sumOfCounts(count);
  return sumOfDoubles(sum);
}
