// The sweeps over contiguous rows of four or more, as those of long_rows.ts, with a mask that moves along the row
// by a byte an element. Where there is none for this row, `counts` is 0, else all ones, and any readable bytes do.
//
// What a mask takes out is NaN to the maximum, which passes over it, and its value is 0. The last vector of a row overlaps
// the one before where n is no multiple of four. The scale is exact.

import {excess, power, round, sumOfParts, value} from './exp';
import {lanesFrom, larger, maxOfLanes, promoteHigh, promoteLow, sumOfCounts, sumOfDoubles} from './simd';
import {fourGone} from './mask';

/** A row's second result beside its sum: WebAssembly functions made by AssemblyScript return one value. */
let ties: i32 = 0;

export function tiesOfLastRow(): v128 {
  return i32x4.splat(ties);
}

/** All ones where the four elements at `i` bytes are taken out. */
@inline export function goneAt(m: usize, i: usize, counts: v128): v128 {
  return v128.and(fourGone(m + (i >> 2)), counts);
}

@inline function argument(t: v128, shift: v128, floor: v128): v128 {
  return larger(f32x4.sub(t, shift), floor);
}

/** max scale·x. NaN is passed over: it poisons the sum instead. */
export function maximum(x: usize, m: usize, bytes: usize, counts: v128, scale: v128): v128 {
  let max = f32x4.splat(-Infinity);
  let last = bytes - 16;
  let i: usize = 0;
  do {
    let at = min(i, last);
    max = larger(max, v128.or(f32x4.mul(v128.load(x + at), scale), goneAt(m, at, counts)));
    i += 16;
  } while (i < bytes);
  return f32x4.splat(maxOfLanes(max));
}

/** The sum of the values of a row, which go to y. Sixteen are added as floats before they go to doubles. */
export function sumOfValues(
  x: usize, m: usize, y: usize, bytes: usize, counts: v128, scale: v128, shift: v128, floor: v128, magic: v128,
): f64 {
  let sum = f64x2.splat(0);
  let fresh = i32x4.splat(-1);
  let last = bytes - 16;
  let i: usize = 0;
  do {
    let stop = min(i + 64, bytes);
    let values = f32x4.splat(0);
    do {
      if (i > last) {
        fresh = lanesFrom(i32((i - last) >> 2));
        i = last;
      }
      let v = value(argument(f32x4.mul(v128.load(x + i), scale), shift, floor), magic);
      v = v128.andnot(v, goneAt(m, i, counts));
      v128.store(y + i, v);
      values = f32x4.add(values, v128.and(v, fresh));
      i += 16;
    } while (i < stop);
    sum = f64x2.add(sum, f64x2.add(promoteLow(values), promoteHigh(values)));
  } while (i < bytes);
  return sumOfDoubles(sum);
}

/** The sum of the values without the logits equal to `max`; these are counted. */
export function sumOfOthers(
  x: usize, m: usize, bytes: usize, counts: v128, scale: v128, max: v128, shift: v128, floor: v128, magic: v128,
): f64 {
  let sum = f64x2.splat(0);
  let count = i32x4.splat(0);
  let fresh = i32x4.splat(-1);
  let last = bytes - 16;
  let i: usize = 0;
  do {
    let stop = min(i + 64, bytes);
    let powers = f32x4.splat(0);
    let excesses = powers;
    do {
      if (i > last) {
        fresh = lanesFrom(i32((i - last) >> 2));
        i = last;
      }
      let gone = goneAt(m, i, counts);
      let t = f32x4.mul(v128.load(x + i), scale);
      let taken = v128.andnot(fresh, gone);
      let tie = v128.and(f32x4.eq(t, max), taken);
      let a = argument(t, shift, floor);
      let k = round(a, magic);
      let p = v128.and(v128.andnot(power(k), tie), taken);
      count = i32x4.sub(count, tie);
      powers = f32x4.add(powers, p);
      excesses = f32x4.add(excesses, v128.andnot(f32x4.mul(excess(a, k, magic), p), gone));
      i += 16;
    } while (i < stop);
    sum = f64x2.add(sum, sumOfParts(promoteLow(powers), promoteLow(excesses)));
    sum = f64x2.add(sum, sumOfParts(promoteHigh(powers), promoteHigh(excesses)));
  } while (i < bytes);
  ties = sumOfCounts(count);
  return sumOfDoubles(sum);
}
