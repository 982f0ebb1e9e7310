// Jacobian products on rows of any number, length and stride: four at a time, a row a lane; see gathered_rows.ts.

import {rowOffset} from './places';
import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, SOFTMAX_PRODUCT, productOf, summand} from './product';
import {demote, loadLanes, promoteHigh, promoteLow, storeLanes} from './simd';

/** Four rows of y at y0 to y3; v and the result are `toV` and `toOut` bytes further on. */
@inline function fourRows(
  y0: usize, y1: usize, y2: usize, y3: usize, toV: usize, toOut: usize,
  n: u32, step: usize, factor: v128, kind: i32,
): void {
  let end = usize(n) * step;
  let low = f64x2.splat(0);
  let high = low;
  let i: usize = 0;
  do {
    let y = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i);
    let v = loadLanes(y0 + toV + i, y1 + toV + i, y2 + toV + i, y3 + toV + i);
    let a = summand(y, v, kind);
    low = f64x2.add(low, promoteLow(a));
    high = f64x2.add(high, promoteHigh(a));
    i += step;
  } while (i < end);
  let t = demote(low, high);
  i = 0;
  do {
    let y = loadLanes(y0 + i, y1 + i, y2 + i, y3 + i);
    let v = loadLanes(y0 + toV + i, y1 + toV + i, y2 + toV + i, y3 + toV + i);
    storeLanes(
      y0 + toOut + i, y1 + toOut + i, y2 + toOut + i, y3 + toOut + i, productOf(y, v, t, factor, kind),
    );
    i += step;
  } while (i < end);
}

function rows(y: usize, v: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, kind: i32): void {
  let step = usize(inner) << 2;
  let factors = f32x4.splat(f32(factor));
  let last = outer * inner - 1;
  let row: u32 = 0;
  do {
    let y0 = y + rowOffset(row, n, inner);
    let y1 = y + rowOffset(min(row + 1, last), n, inner);
    let y2 = y + rowOffset(min(row + 2, last), n, inner);
    let y3 = y + rowOffset(min(row + 3, last), n, inner);
    fourRows(y0, y1, y2, y3, v - y, out - y, n, step, factors, kind);
    row += 4;
  } while (row <= last);
}

export function softmaxProductGatheredRows(
  y: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, v: usize,
): void {
  rows(y, v, out, outer, n, inner, factor, SOFTMAX_PRODUCT);
}

export function logSoftmaxJvpGatheredRows(
  y: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, v: usize,
): void {
  rows(y, v, out, outer, n, inner, factor, LOG_SOFTMAX_JVP);
}

export function logSoftmaxVjpGatheredRows(
  y: usize, out: usize, outer: u32, n: u32, inner: u32, factor: f64, v: usize,
): void {
  rows(y, v, out, outer, n, inner, factor, LOG_SOFTMAX_VJP);
}
