// The derivative of cross-entropy on contiguous rows of four or more, one row at a time; see loss_gradient.ts. Sweeps: m,
// the values and their sum, the map; and before them, for distributions, Σq.
//
// (x, labels, cotangents, out, outer, n, inner, smoothing, dense, step, factor): one cotangent a row, `step` 4 bytes
// apart; or with a step of 0 one for all. They are multiplied by the factor.

import {octavesOf, shiftOf} from '../assembly/exp';
import {lanesFrom, promoteHigh, promoteLow, sumOfDoubles} from '../assembly/simd';
import {smoothed} from './labels';
import {biasOf, floorOf, magicOf} from './loss_gradient';
import {maximum, sumOfValues} from './sweeps';

function sumOfLabels(labels: usize, bytes: usize): f64 {
  let sum = f64x2.splat(0);
  let fresh = i32x4.splat(-1);
  let last = bytes - 16;
  let i: usize = 0;
  do {
    if (i > last) {
      fresh = lanesFrom(i32((i - last) >> 2));
      i = last;
    }
    let l = v128.and(v128.load(labels + i), fresh);
    sum = f64x2.add(sum, f64x2.add(promoteLow(l), promoteHigh(l)));
    i += 16;
  } while (i < bytes);
  return sumOfDoubles(sum);
}

/** y = factor·y - q, in place; with keep 0 any labels do. The overlapping end is read before the sweep that rewrites part of it. */
function map(y: usize, labels: usize, bytes: usize, factor: v128, keep: v128, share: v128): void {
  let last = bytes - 16;
  let q = smoothed(v128.load(labels + last), keep, share);
  let end = f32x4.sub(f32x4.mul(v128.load(y + last), factor), q);
  let i: usize = 0;
  while (i < last) {
    q = smoothed(v128.load(labels + i), keep, share);
    v128.store(y + i, f32x4.sub(f32x4.mul(v128.load(y + i), factor), q));
    i += 16;
  }
  v128.store(y + last, end);
}

export function crossEntropyGradientLongRows(
  x: usize, labels: usize, cotangents: usize, out: usize, outer: u32, n: u32, inner: u32, smoothing: f64, dense: bool,
  step: usize, factor: f64,
): void {
  let bytes = usize(n) << 2;
  let one = f32x4.splat(1);
  let always = i32x4.splat(-1);
  do {
    let c = factor * f64(load<f32>(cotangents));
    if (c == 0) {
      let i: usize = 0;
      do {
        store<f32>(out + i, 0);
        i += 4;
      } while (i < bytes);
    } else {
      let weight = dense ? c * ((1 - smoothing) * sumOfLabels(labels, bytes) + smoothing) : c;
      let keep = f32(c * (1 - smoothing));
      let share = f32x4.splat(f32((c * smoothing) / f64(n)));
      let max = maximum(x, x, bytes, always, one);
      let shift = shiftOf(max);
      let octaves = octavesOf(max, shift);
      let bias = biasOf(f32x4.splat(f32(weight)), n);
      let floor = floorOf(octaves, bias);
      let sum = sumOfValues(x, x, out, bytes, always, one, shift, floor, magicOf(octaves, bias));
      let factor = f32x4.splat(f32(weight / sum));
      if (dense) map(out, labels, bytes, factor, f32x4.splat(keep), share);
      else {
        let index = load<u32>(labels);
        let at = out + (usize(index) << 2);
        map(out, out, bytes, index < n ? factor : f32x4.splat(NaN), f32x4.splat(0), share);
        if (index < n) store<f32>(at, load<f32>(at) - keep);
      }
    }
    x += bytes;
    labels += dense ? bytes : 4;
    cotangents += step;
    out += bytes;
  } while (--outer);
}
