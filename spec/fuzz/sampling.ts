/** What `categorical` and `gumbelSoftmax` have to give for a seed: element by element, in plain loops. */
import {fillWithGumbels, toSeed} from '../../kernels/random';
import * as reference from '../../kernels/reference';
import {rowsAlong} from '../../kernels/rows';
import {ulp} from '../ulp';
import type {FuzzCase, SamplingArguments} from './case';
import type {Expected} from './expected';

/** So near to topP, rounding may decide. */
const NEAR = 1e-5;
const SMALLEST_NORMAL = 2 ** -126;

/** Draws, which are the same on every backend: nothing is allowed but these. */
export function expectedDraws({logits, sampling}: FuzzCase, axis: number, keep: Float64Array | null): Expected {
  const {samples} = sampling!;
  const {outer, n, inner} = rowsAlong(logits.shape, axis);
  const count = samples ?? 1;
  const shape = logits.shape.filter((_, i) => i !== axis);
  if (samples !== undefined) shape.splice(axis, 0, count);
  const exact = new Float64Array(outer * count * inner);
  const tolerance = new Float64Array(exact.length);
  for (let row = 0; row < outer * inner; row++) {
    const [o, i] = [Math.floor(row / inner), row % inner];
    const at = (j: number) => (o * n + j) * inner + i;
    const x = Array.from({length: n}, (_, j) => (keep && !keep[at(j)] ? -Infinity : logits.values[at(j)]!));
    for (let sample = 0; sample < count; sample++) {
      const drawn = drawOf(x, sampling!, row, sample);
      exact[(o * count + sample) * inner + i] = drawn ?? 0;
      // Where rounding decides what can be drawn, anything may be.
      if (drawn === null) tolerance[(o * count + sample) * inner + i] = Number.POSITIVE_INFINITY;
    }
  }
  return {shape, exact, tolerance, dtype: 'int32'};
}

/** Null where rounding decides. */
function drawOf(
  x: number[],
  {temperature = 1, topK, topP = 1, seed}: SamplingArguments,
  row: number,
  sample: number,
): number | null {
  const n = x.length;
  if (!Number.isFinite(reference.logSumExp(x))) return -1;
  const inOrder = x.map((_, j) => j).sort((a, b) => x[b]! - x[a]! || a - b);
  const hasSubnormal = x.some((value) => value !== 0 && Math.abs(value) < SMALLEST_NORMAL);
  if (temperature === 0) return hasSubnormal ? null : inOrder[0]!;
  const k = Math.min(topK ?? n, n);
  const isFiltered = k < n || (topP < 1 && n > 1);
  if (isFiltered && hasSubnormal) return null; // GPUs may take it for 0, and order it so
  let kept = isFiltered ? inOrder.slice(0, k) : x.map((_, j) => j);
  if (topP < 1) {
    const p = reference.softmax(kept.map((j) => x[j]! / temperature));
    let before = 0;
    let length = 0;
    for (; length < kept.length; length++) {
      if (length > 0 && Math.abs(before - topP) < NEAR) return null;
      if (length > 0 && before >= topP) break;
      before += p[length]!;
    }
    kept = kept.slice(0, length);
  }
  const {fround} = Math;
  const max = Math.max(...x);
  const noise = noiseOf(seed, row, sample, kept.length, Math.min(temperature, 1));
  const noisy = kept.map((j, rank) => {
    const below = fround(x[j]! - max);
    return fround((temperature > 1 ? fround(below * fround(1 / temperature)) : below) + noise[rank]!);
  });
  return Math.min(...kept.filter((_, rank) => noisy[rank] === Math.max(...noisy)));
}

function noiseOf(seed: number, row: number, sample: number, n: number, scale = 1): Float32Array {
  const noise = new Float32Array(n);
  fillWithGumbels(noise, 0, 1, n, {seed: toSeed('', seed), row, sample}, scale);
  return noise;
}

/** The softmax of noisy logits, which are the same bits everywhere. */
export function expectedSample(
  {logits, sampling}: FuzzCase,
  axis: number,
  keep: Float64Array | null,
  bound: number,
): Expected {
  const {shape, values} = logits;
  const {seed, temperature = 1, hard} = sampling!;
  let row = 0;
  const all = keep ?? new Float64Array(values.length).fill(1);
  const exact = reference.alongAxis(shape, axis, [values, all], (x, k) => {
    const max = Math.max(...reference.masked.kept(x, k));
    const noise = noiseOf(seed, row++, 0, x.length);
    const noisy = x.map((value, j) => Math.fround(Math.fround(value - max) + noise[j]!));
    const soft = reference.masked.softmax(
      noisy.map((value) => value / temperature),
      k,
    );
    const largest = Math.max(...Array.from(noisy).filter((_, j) => k[j]));
    const chosen = noisy.findIndex((value, j) => k[j] !== 0 && value === largest);
    return hard ? soft.map((y, j) => (Number.isNaN(y) ? y : Number(j === chosen && y > 0))) : soft;
  });
  return {shape, exact, tolerance: exact.map((y) => (hard ? 0 : bound * ulp(y) + 2e-37))};
}
