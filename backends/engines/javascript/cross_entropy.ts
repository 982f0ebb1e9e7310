import type {Loss} from '../types';
import {SMALLEST_NORMAL} from './exp';
import {forward, logOfSum, maxOfRow} from './forward';

/**
 * Cross-entropy in plain TypeScript, in doubles: Σq log s + Σ q (m - x), two positive terms.
 *
 * @param x the logits, of size outer·n·inner, @param labels as many, or if sparse, the index of each row's class
 * @param out one loss a row, or their total
 */
export function crossEntropy(
  x: Float32Array,
  labels: Float32Array | Int32Array,
  out: Float32Array,
  {rows: {outer, n, inner}, sparse, smoothing, total}: Loss,
): void {
  const share = smoothing / n;
  const keep = 1 - smoothing;
  let all = 0;
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * n * inner + (row % inner);
    const end = start + n * inner;
    const max = maxOfRow(x, start, end, inner, 1);
    const log = logOfSum(x, start, end, inner, 1, max);
    let costs = 0;
    let sum = 1;
    if (sparse) {
      // An index that is no class finds nothing, and makes the loss NaN.
      const index = labels[row]!;
      costs = index >= 0 && index < n ? keep * (max - x[start + index * inner]!) : NaN;
      if (share > 0) for (let k = start; k < end; k += inner) costs += share * (max - x[k]!);
    } else {
      sum = 0;
      for (let k = start; k < end; k += inner) {
        const q = keep * labels[k]! + share;
        sum += q;
        if (q !== 0) costs += q * (max - x[k]!);
      }
    }
    // Labels of 0 throughout cost nothing, whatever the row holds.
    const loss = sum === 0 && costs === 0 ? 0 : sum * log + costs;
    if (total === null) out[row] = loss;
    else all += loss;
  }
  if (total !== null) out[0] = total * all;
}

/** Its derivative in the logits, c (y Σq - q); 0 in rows whose c is 0. @param cotangents c, one a row, or of a total one */
export function crossEntropyGradient(
  x: Float32Array,
  labels: Float32Array | Int32Array,
  cotangents: Float32Array,
  out: Float32Array,
  {rows, sparse, smoothing, total}: Loss,
): void {
  const {outer, n, inner} = rows;
  const share = smoothing / n;
  const keep = 1 - smoothing;
  forward('softmax', x, out, rows, 1);
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * n * inner + (row % inner);
    const end = start + n * inner;
    const c = total === null ? cotangents[row]! : total * cotangents[0]!;
    let sumOfLabels = 0;
    if (!sparse) for (let k = start; k < end; k += inner) sumOfLabels += labels[k]!;
    const index = sparse ? labels[row]! : -1;
    const isWrong = sparse && !(index >= 0 && index < n);
    const factor = isWrong ? NaN : c * (sparse ? 1 : keep * sumOfLabels + smoothing);
    const at = start + index * inner;
    for (let k = start; k < end; k += inner) {
      const label = sparse ? Number(k === at) : labels[k]!;
      const slope = factor * out[k]! - c * (keep * label + share);
      out[k] = c === 0 || Math.abs(slope) < SMALLEST_NORMAL ? 0 : slope;
    }
  }
}
