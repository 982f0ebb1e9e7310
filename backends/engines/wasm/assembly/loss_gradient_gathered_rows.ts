// The derivative of cross-entropy on rows of any number, length and stride: four at a time, a row a lane; see
// loss_gradient.ts.

import {demote, loadLanes, promoteHigh, promoteLow} from './simd';
import {smoothed} from './labels';
import {loadRows, placeOf, storeRows} from './lanes';
import {slope, smallest} from './loss_gradient';

/** Takes c off a row at its class. A row whose index is no class becomes NaN, unless c is 0. */
function subtractClass(row: usize, label: usize, c: f32, n: u32, step: usize): void {
  let index = load<u32>(label);
  if (c == 0) return;
  if (index < n) {
    let at = row + usize(index) * step;
    store<f32>(at, load<f32>(at) - c);
    return;
  }
  do {
    store<f32>(row, NaN);
    row += step;
  } while (--n);
}

export function crossEntropyGradientGatheredRows(
  x: usize, out: usize, outer: u32, n: u32, inner: u32, smoothing: f64, labels: usize, cotangents: usize,
  dense: bool, cStep: usize, factor: f64,
): void {
  let step = usize(inner) << 2;
  let bytes = usize(n) * step;
  let zero = f64x2.splat(0);
  let keeps = f64x2.splat(1 - smoothing);
  let shares = f64x2.splat(smoothing);
  let count = outer * inner;
  let last = count - 1;
  let r: u32 = 0;
  do {
    let start = placeOf(r, n, inner);
    let d1 = placeOf(min(r + 1, last), n, inner) - start;
    let d2 = placeOf(min(r + 2, last), n, inner) - start;
    let d3 = placeOf(min(r + 3, last), n, inner) - start;
    let c = loadLanes(
      cotangents + r * cStep, cotangents + min(r + 1, last) * cStep,
      cotangents + min(r + 2, last) * cStep, cotangents + min(r + 3, last) * cStep,
    );
    c = f32x4.mul(c, f32x4.splat(f32(factor)));
    let low = promoteLow(c);
    let high = promoteHigh(c);
    let l = labels + start;
    let end = l + bytes;
    let sumLow = zero;
    let sumHigh = zero;
    if (dense) {
      do {
        let q = loadRows(l, d1, d2, d3);
        sumLow = f64x2.add(sumLow, promoteLow(q));
        sumHigh = f64x2.add(sumHigh, promoteHigh(q));
        l += step;
      } while (l < end);
      low = f64x2.mul(low, f64x2.add(f64x2.mul(sumLow, keeps), shares));
      high = f64x2.mul(high, f64x2.add(f64x2.mul(sumHigh, keeps), shares));
    }

    let matters = f32x4.ne(c, f32x4.splat(0));
    let weight = demote(low, high);
    let least = smallest(weight);
    let keep = f32x4.mul(c, f32x4.splat(f32(1 - smoothing)));
    let share = f32x4.mul(c, f32x4.splat(f32(smoothing / f64(n))));
    let q = share;
    l = labels + start;
    let y = out + start;
    end = y + bytes;
    do {
      if (dense) q = smoothed(loadRows(l, d1, d2, d3), keep, share);
      let v = slope(loadRows(y, d1, d2, d3), weight, least, q);
      storeRows(y, d1, d2, d3, v128.and(v, matters));
      l += step;
      y += step;
    } while (y < end);
    r += 4;
  } while (r <= last);

  if (dense) return;
  r = 0;
  do {
    let c = f32(factor * f64(load<f32>(cotangents + r * cStep)) * (1 - smoothing));
    subtractClass(out + placeOf(r, n, inner), labels + (r << 2), c, n, step);
  } while (++r < count);
}
