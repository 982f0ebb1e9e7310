/**
 * The family in float64, as it is defined: the oracle of every test. Written to be read, not to be fast.
 *
 * Each function takes one row, except `alongAxis`, which lays rows along any axis of a tensor. `logits` are already
 * multiplied by the scale. Special values follow the table in docs/special-values.md.
 */
import type {Rows} from '../backends/engines/types';
import {rowsAlong} from './rows';

export type Row = ArrayLike<number>;

/**
 * log Σ e^x = m + log Σ e^(x-m), with m = max x (the log-sum-exp identity: any shift c is right, and c = m keeps every
 * exponential in [0, 1]). The maximal element's own e^0 = 1 is left out of the sum and put back by log1p, so that a
 * confident maximum does not round to log 1 = 0. -Infinity for an empty row.
 */
export function logSumExp(logits: Row): number {
  const {max, logSum} = shifted(logits);
  return max + logSum;
}

/** softmax(x)ᵢ = e^xᵢ / Σ e^x = e^(xᵢ-m) / Σ e^(x-m): shift invariance, property 1. */
export function softmax(logits: Row): Float64Array {
  const {max} = shifted(logits);
  const exponentials = new Float64Array(logits).map((x) => Math.exp(x - max));
  const total = sum(exponentials);
  return exponentials.map((e) => e / total);
}

/** logSoftmax(x)ᵢ = xᵢ - log Σ e^x, evaluated as (xᵢ - m) - log Σ e^(x-m) because xᵢ - m is exact for near logits. */
export function logSoftmax(logits: Row): Float64Array {
  const {max, logSum} = shifted(logits);
  return new Float64Array(logits).map((x) => (Number.isFinite(max) ? x - max - logSum : Number.NaN));
}

/** The three above of the logits that a mask keeps; the others count for nothing, and have probability 0. */
export const masked = {
  softmax: (logits: Row, keep: Row) => masked.spread(softmax(masked.kept(logits, keep)), keep, 0),
  logSoftmax: (logits: Row, keep: Row) => masked.spread(logSoftmax(masked.kept(logits, keep)), keep, -Infinity),
  logSumExp: (logits: Row, keep: Row) => logSumExp(masked.kept(logits, keep)),
  kept: (row: Row, keep: Row) => Array.from(row).filter((_, i) => keep[i]),
  spread(kept: Row, keep: Row, otherwise: number) {
    let next = 0;
    return new Float64Array(keep).map((k) => (k ? kept[next++]! : otherwise));
  },
};

/** J·v = y∘(v - ⟨y, v⟩) with J = diag(y) - y yᵗ and y = softmax(x), property 4. J is symmetric: also Jᵗ·v. */
export function softmaxProduct(y: Row, v: Row): Float64Array {
  const mean = dot(y, v);
  return new Float64Array(y).map((yi, i) => yi * (v[i]! - mean));
}

/** J·v = v - ⟨y, v⟩ with J = I - 1 yᵗ, the log-softmax Jacobian. */
export function logSoftmaxJvp(y: Row, v: Row): Float64Array {
  const mean = dot(y, v);
  return new Float64Array(v).map((vi) => vi - mean);
}

/** Jᵗ·g = g - y Σ g with J = I - 1 yᵗ, the log-softmax Jacobian. */
export function logSoftmaxVjp(y: Row, g: Row): Float64Array {
  const total = sum(g);
  return new Float64Array(g).map((gi, i) => gi - y[i]! * total);
}

/** ∂yᵢ/∂xⱼ = yᵢ(δᵢⱼ - yⱼ), the entries of diag(y) - y yᵗ, row by row: property 4. */
export function softmaxJacobian(y: Row): Float64Array {
  return logSoftmaxJacobian(y).map((entry, k) => y[Math.floor(k / y.length)]! * entry);
}

/** ∂ log yᵢ/∂xⱼ = δᵢⱼ - yⱼ, the entries of I - 1 yᵗ, row by row. */
export function logSoftmaxJacobian(y: Row): Float64Array {
  const n = y.length;
  return new Float64Array(n * n).map((_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return i === j ? sum(new Float64Array(y).map((yk, at) => (at === i ? 0 : yk))) : -y[j]!;
  });
}

/** -Σ p log p with p = softmax(x), in nats; what has probability 0 adds nothing. */
export function entropy(logits: Row): number {
  return crossEntropy(logits, softmax(logits));
}

/** -Σ q log softmax(x), over the classes with q > 0: what has no weight adds nothing, whatever its logit. */
export function crossEntropy(logits: Row, q: Row): number {
  const logProbabilities = logSoftmax(logits);
  return -sum(Array.from(q, (qi, i) => (qi === 0 ? 0 : qi * logProbabilities[i]!)));
}

/** ∂/∂x of the above: y Σq - q. */
export function crossEntropyGradient(logits: Row, q: Row): Float64Array {
  const y = softmax(logits);
  const total = sum(q);
  return y.map((yi, i) => yi * total - q[i]!);
}

/** x = log p + c, the inverse of softmax up to a constant that p cannot tell: property 2. */
export function softmaxInverse(probabilities: Row, offset: number): Float64Array {
  return new Float64Array(probabilities).map((p) => Math.log(p) + offset);
}

/** One row function laid along an axis of whole tensors: result [outer, m, inner] for rows that map n elements to m. */
export function alongAxis(
  shape: number[],
  axis: number,
  tensors: Row[],
  rowFunction: (...rows: Float64Array[]) => Row,
): Float64Array {
  const {outer, n, inner}: Rows = rowsAlong(shape, axis);
  let result = new Float64Array(0);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (j: number, length: number) => (o * length + j) * inner + i;
      const rows = tensors.map((values) => new Float64Array(n).map((_, j) => values[at(j, n)]!));
      const row = rowFunction(...rows);
      if (result.length === 0) result = new Float64Array(outer * row.length * inner);
      for (let j = 0; j < row.length; j++) result[at(j, row.length)] = row[j]!;
    }
  }
  return result;
}

/** The row's maximum m, and log Σ e^(x-m). With an infinite maximum, m + logSum is what log Σ e^x tends to. */
function shifted(logits: Row): {max: number; logSum: number} {
  let max = Number.NEGATIVE_INFINITY;
  let at = -1;
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i]!;
    if (Number.isNaN(x)) return {max: Number.NaN, logSum: Number.NaN};
    if (x > max) [max, at] = [x, i];
  }
  if (!Number.isFinite(max)) return {max, logSum: 0};
  const others = sum(new Float64Array(logits).map((x, i) => (i === at ? 0 : Math.exp(x - max))));
  return {max, logSum: Math.log1p(others)};
}

function dot(a: Row, b: Row): number {
  return sum(new Float64Array(a).map((ai, i) => ai * b[i]!));
}

/** Neumaier's compensated sum: the oracle's own rounding stays below what it judges, however long the row. */
function sum(values: Row): number {
  let total = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return Number.isFinite(total) ? total + lost : total;
}
