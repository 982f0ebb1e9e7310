// Four rows, a row a lane: the first at p, the others at the distances d1 to d3 from it. Tensors of one shape share distances.

import {rowOffset} from './places';
import {larger, loadLanes, storeLanes} from './simd';

@inline export function loadRows(p: usize, d1: usize, d2: usize, d3: usize): v128 {
  return loadLanes(p, p + d1, p + d2, p + d3);
}

@inline export function storeRows(p: usize, d1: usize, d2: usize, d3: usize, v: v128): void {
  storeLanes(p, p + d1, p + d2, p + d3, v);
}

/** Where row r begins. Contiguous rows do without the division, which takes as long as two short ones. */
export function placeOf(r: u32, n: u32, inner: u32): usize {
  return inner == 1 ? (usize(r) * n) << 2 : rowOffset(r, n, inner);
}

/** max x of four rows. */
export function maximumOfRows(x: usize, d1: usize, d2: usize, d3: usize, bytes: usize, step: usize): v128 {
  let max = f32x4.splat(-Infinity);
  let end = x + bytes;
  do {
    max = larger(max, loadRows(x, d1, d2, d3));
    x += step;
  } while (x < end);
  return max;
}
