import {type MaskRuns, maskAt} from '../mask_runs';
import type {ForwardKind, Rows} from '../types';
import {forward} from './forward';

/**
 * The masked forward pass in plain TypeScript: what takes part of each row is gathered, and goes the way of a row without
 * a mask.
 *
 * @param m the values of the mask, @param x, @param out as for `forward`
 */
export function maskedForward(
  kind: ForwardKind,
  x: Float32Array,
  m: Uint8Array,
  out: Float32Array,
  {outer, n, inner}: Rows,
  scale: number,
  mask: MaskRuns,
): void {
  const logits = new Float32Array(n);
  const results = new Float32Array(n);
  const places = new Int32Array(n);
  const otherwise = kind === 'softmax' ? 0 : Number.NEGATIVE_INFINITY;

  for (let row = 0; row < outer * inner; row++) {
    const [o, i] = [Math.floor(row / inner), row % inner];
    const maskStart = maskAt(mask.outer, o) + maskAt(mask.inner, i);
    let count = 0;
    for (let j = 0; j < n; j++) {
      const at = (o * n + j) * inner + i;
      if (kind !== 'logSumExp') out[at] = otherwise;
      if (!m[maskStart + j * mask.step]) continue;
      logits[count] = x[at]!;
      places[count++] = at;
    }
    if (count > 0) forward(kind, logits, results, {outer: 1, n: count, inner: 1}, scale);
    if (kind === 'logSumExp') out[row] = count > 0 ? results[0]! : otherwise;
    else for (let k = 0; k < count; k++) out[places[k]!] = results[k]!;
  }
}
