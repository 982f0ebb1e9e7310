// The derivative of cross-entropy on contiguous rows of four or more, one row at a time; see loss_gradient.ts.

import {lanesFrom, promoteHigh, promoteLow, sumOfDoubles} from './simd';
import {smoothed} from './labels';
import {slope, smallest} from './loss_gradient';

function sumOfLabels(labels: usize, bytes: usize): f64 {
  let sum = f64x2.splat(0);
  let countedLanes = i32x4.splat(-1);
  let last = bytes - 16;
  let i: usize = 0;
  do {
    if (i > last) {
      countedLanes = lanesFrom(i32((i - last) >> 2));
      i = last;
    }
    let l = v128.and(v128.load(labels + i), countedLanes);
    sum = f64x2.add(sum, f64x2.add(promoteLow(l), promoteHigh(l)));
    i += 16;
  } while (i < bytes);
  return sumOfDoubles(sum);
}

/** In place; the overlapping end is read before the sweep that rewrites part of it. With keep 0 any labels do. */
function map(y: usize, labels: usize, bytes: usize, weight: v128, keep: v128, share: v128): void {
  let least = smallest(weight);
  let last = bytes - 16;
  let q = smoothed(v128.load(labels + last), keep, share);
  let end = slope(v128.load(y + last), weight, least, q);
  let i: usize = 0;
  while (i < last) {
    q = smoothed(v128.load(labels + i), keep, share);
    v128.store(y + i, slope(v128.load(y + i), weight, least, q));
    i += 16;
  }
  v128.store(y + last, end);
}

export function crossEntropyGradientLongRows(
  x: usize, out: usize, outer: u32, n: u32, inner: u32, smoothing: f64, labels: usize, cotangents: usize,
  dense: bool, step: usize, factor: f64,
): void {
  let bytes = usize(n) << 2;
  do {
    let c = factor * f64(load<f32>(cotangents));
    if (c == 0) {
      let i: usize = 0;
      do {
        store<f32>(out + i, 0);
        i += 4;
      } while (i < bytes);
    } else {
      let keep = f32(c * (1 - smoothing));
      let share = f32x4.splat(f32(c * smoothing / f64(n)));
      if (dense) {
        let weight = c * ((1 - smoothing) * sumOfLabels(labels, bytes) + smoothing);
        map(out, labels, bytes, f32x4.splat(f32(weight)), f32x4.splat(keep), share);
      } else {
        let index = load<u32>(labels);
        let at = out + (usize(index) << 2);
        map(out, out, bytes, f32x4.splat(index < n ? f32(c) : NaN), f32x4.splat(0), share);
        if (index < n) store<f32>(at, load<f32>(at) - keep);
      }
    }
    labels += dense ? bytes : 4;
    cotangents += step;
    out += bytes;
  } while (--outer);
}
