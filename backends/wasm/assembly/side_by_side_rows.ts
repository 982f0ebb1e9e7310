// softmax of four contiguous rows of four or more, side by side: each vector holds four columns of one row.
//
// ShortRows calls it for the longer of its rows, where to transpose the values costs more than to bring sums, maxima and
// factors together. Its sums are of floats, one in each lane of each row: for a few vectors a row, not for many.

import {reciprocal} from './divide';
import {argument, floorOf, magicOf, octavesOf, shiftOf, value} from './exp';
import {joinLow, loadLanes, promoteHigh, promoteLow, splat0, splat1, splat2, splat3, storeLanes, upper} from './simd';

/** The sums of four floats each, of two vectors, in doubles. */
@inline function sums(a: v128, b: v128): v128 {
  let pairsA = f64x2.add(promoteLow(a), promoteHigh(a));
  let pairsB = f64x2.add(promoteLow(b), promoteHigh(b));
  return f64x2.add(joinLow(pairsA, pairsB), joinLow(upper(pairsA), upper(pairsB)));
}

/** @param max the maximum of scale·x of each row */
@inline export function softmaxSideBySide(
  x0: usize, y0: usize, bytes: usize, scale: v128, max: v128, bias: i32,
): void {
  let whole = bytes & ~15;
  let x1 = x0 + bytes;
  let x2 = x1 + bytes;
  let x3 = x2 + bytes;
  let y1 = y0 + bytes;
  let y2 = y1 + bytes;
  let y3 = y2 + bytes;

  let shift = shiftOf(max);
  let octaves = octavesOf(max, shift);
  let floor = floorOf(octaves, bias);
  let magic = magicOf(octaves, bias);
  let shift0 = splat0(shift);
  let shift1 = splat1(shift);
  let shift2 = splat2(shift);
  let shift3 = splat3(shift);
  let floor0 = splat0(floor);
  let floor1 = splat1(floor);
  let floor2 = splat2(floor);
  let floor3 = splat3(floor);
  let magic0 = splat0(magic);
  let magic1 = splat1(magic);
  let magic2 = splat2(magic);
  let magic3 = splat3(magic);
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let i: usize = 0;
  do {
    let v0 = value(argument(v128.load(x0 + i), scale, shift0, floor0), magic0);
    let v1 = value(argument(v128.load(x1 + i), scale, shift1, floor1), magic1);
    let v2 = value(argument(v128.load(x2 + i), scale, shift2, floor2), magic2);
    let v3 = value(argument(v128.load(x3 + i), scale, shift3, floor3), magic3);
    v128.store(y0 + i, v0);
    v128.store(y1 + i, v1);
    v128.store(y2 + i, v2);
    v128.store(y3 + i, v3);
    s0 = f32x4.add(s0, v0);
    s1 = f32x4.add(s1, v1);
    s2 = f32x4.add(s2, v2);
    s3 = f32x4.add(s3, v3);
    i += 16;
  } while (i < whole);
  let low = sums(s0, s1);
  let high = sums(s2, s3);
  while (i < bytes) {
    let v = value(argument(loadLanes(x0 + i, x1 + i, x2 + i, x3 + i), scale, shift, floor), magic);
    storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, v);
    low = f64x2.add(low, promoteLow(v));
    high = f64x2.add(high, promoteHigh(v));
    i += 4;
  }

  let factor = reciprocal(low, high);
  let f0 = splat0(factor);
  let f1 = splat1(factor);
  let f2 = splat2(factor);
  let f3 = splat3(factor);
  i = 0;
  do {
    v128.store(y0 + i, f32x4.mul(v128.load(y0 + i), f0));
    v128.store(y1 + i, f32x4.mul(v128.load(y1 + i), f1));
    v128.store(y2 + i, f32x4.mul(v128.load(y2 + i), f2));
    v128.store(y3 + i, f32x4.mul(v128.load(y3 + i), f3));
    i += 16;
  } while (i < whole);
  while (i < bytes) {
    let v = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i);
    storeLanes(y0 + i, y1 + i, y2 + i, y3 + i, f32x4.mul(v, factor));
    i += 4;
  }
}
