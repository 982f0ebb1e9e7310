import {crossEntropy, crossEntropyGradient} from '../../kernels/reference';
import {Random} from './random';

/** A last layer and its labels. */
export interface LinearCase {
  rows: number;
  features: number;
  classes: number;
  hidden: Float32Array | Float64Array;
  weights: Float32Array;
  bias: Float32Array | null;
  /** Class indices, or a distribution for each row. */
  labels: Int32Array | Float32Array;
  smoothing: number;
  /** Each row's share in Σ weight·loss; by default 1. Rows of 0 count for nothing, whatever they hold. */
  shares?: ArrayLike<number>;
}

export interface LinearResults {
  losses: Float64Array;
  total: number;
  /** Gradients of the total. */
  hidden: Float64Array;
  weights: Float64Array;
  bias: Float64Array;
}

export function linearCase(
  [rows, features, classes]: [rows: number, features: number, classes: number],
  {sparse = true, bias = true, smoothing = 0, seed = 1} = {},
): LinearCase {
  const random = new Random(seed);
  const labels = sparse
    ? Int32Array.from({length: rows}, () => random.integer(0, classes - 1))
    : Float32Array.from({length: rows * classes}, () => random.uniform(0, 2 / classes));
  return {
    rows,
    features,
    classes,
    hidden: random.normals(rows * features),
    weights: random.normals(features * classes, 0.5),
    bias: bias ? random.normals(classes) : null,
    labels,
    smoothing,
  };
}

/** Of the logits hidden·weights + bias, in float64. */
export function exactLinear(given: LinearCase): LinearResults {
  const {rows, features, classes, hidden, weights, bias, labels, smoothing, shares} = given;
  const results: LinearResults = {
    losses: new Float64Array(rows),
    total: 0,
    hidden: new Float64Array(hidden.length),
    weights: new Float64Array(weights.length),
    bias: new Float64Array(classes),
  };
  for (let row = 0; row < rows; row++) {
    const logits = Float64Array.from({length: classes}, (_, j) => bias?.[j] ?? 0);
    for (let d = 0; d < features; d++) {
      const h = hidden[row * features + d]!;
      for (let j = 0; j < classes; j++) logits[j]! += h * weights[d * classes + j]!;
    }
    const q = Float64Array.from(logits, (_, j) => {
      const label = labels instanceof Int32Array ? Number(labels[row] === j) : labels[row * classes + j]!;
      return label * (1 - smoothing) + smoothing / classes;
    });
    const share = shares?.[row] ?? 1;
    results.losses[row] = share === 0 ? 0 : share * crossEntropy(logits, q);
    if (share === 0) continue;
    results.total += results.losses[row]!;
    const slopes = crossEntropyGradient(logits, q);
    for (let j = 0; j < classes; j++) results.bias[j]! += share * slopes[j]!;
    for (let d = 0; d < features; d++) {
      const h = hidden[row * features + d]!;
      for (let j = 0; j < classes; j++) {
        results.hidden[row * features + d]! += share * slopes[j]! * weights[d * classes + j]!;
        results.weights[d * classes + j]! += share * slopes[j]! * h;
      }
    }
  }
  return results;
}

/** The largest difference from the exact numbers, relative to the largest of these. */
export function relativeError(actual: ArrayLike<number>, exact: ArrayLike<number>): number {
  let [error, size] = [0, 0];
  for (let i = 0; i < exact.length; i++) {
    const difference = Math.abs(actual[i]! - exact[i]!);
    if (!(difference <= error)) error = difference;
    size = Math.max(size, Math.abs(exact[i]!));
  }
  return actual.length === exact.length ? error / (size || 1) : Number.NaN;
}
