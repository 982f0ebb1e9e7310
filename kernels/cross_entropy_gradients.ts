import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {logSoftmax} from './log_softmax';
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRADIENT,
  type CrossEntropyAttrs,
  SPARSE_CROSS_ENTROPY,
  SPARSE_CROSS_ENTROPY_GRADIENT,
} from './names';
import {filled, multiply, scaled, sumAlong, timesRows, total} from './primitives';
import {logSoftmaxJvp, softmaxVjp} from './products';
import {reducedShape} from './rows';
import {runKernel} from './run';

/** g of each row: the cotangent, or where the losses are reduced, what their total hands back to each of them. */
function perRow(cotangent: Tensor, logits: Tensor, {axis, reduced, factor}: CrossEntropyAttrs): Tensor {
  return reduced ? filled(scaled(cotangent, factor), reducedShape(logits.shape, axis, false)) : cotangent;
}

/** g (y Σq - q) for the logits, -(1 - smoothing) g logSoftmax(x) for the labels. */
export const crossEntropyGradient: GradConfig = {
  kernelName: CROSS_ENTROPY,
  inputsToSave: ['logits', 'labels'],
  gradFunc: (dy, saved, attrs) => {
    const [logits, labels] = saved as [Tensor, Tensor];
    const {axis, smoothing} = attrs as CrossEntropyAttrs;
    const cotangent = dy as Tensor;
    return {
      logits: () => runKernel(CROSS_ENTROPY_GRADIENT, {logits, labels, cotangent}, attrs),
      labels: () => {
        const g = perRow(cotangent, logits, attrs as CrossEntropyAttrs);
        return scaled(timesRows(logSoftmax(logits, axis), g, axis), smoothing - 1);
      },
    };
  },
};

export const sparseCrossEntropyGradient: GradConfig = {
  kernelName: SPARSE_CROSS_ENTROPY,
  inputsToSave: ['logits', 'labels'],
  gradFunc: (dy, saved, attrs) => {
    const [logits, labels] = saved as [Tensor, Tensor];
    return {
      logits: () => runKernel(SPARSE_CROSS_ENTROPY_GRADIENT, {logits, labels, cotangent: dy as Tensor}, attrs),
    };
  },
};

/**
 * Of G = c (y Σq - q), for a cotangent h: Σ h·G/c for c, c Σq J·h for the logits, and for the labels
 * (1 - smoothing) c (⟨y, h⟩ - h).
 */
export const crossEntropySecondGradient = secondGradient(CROSS_ENTROPY_GRADIENT, (labels, {axis, smoothing}, rows) => {
  const sums = scaled(sumAlong(labels, axis, rows), 1 - smoothing);
  return smoothing === 0 ? sums : tf.add(sums, smoothing);
});

export const sparseCrossEntropySecondGradient = secondGradient(SPARSE_CROSS_ENTROPY_GRADIENT, () => null);

/** @param sumOfLabels Σq of each row, or null where it is 1 */
function secondGradient(
  kernelName: string,
  sumOfLabels: (labels: Tensor, attrs: CrossEntropyAttrs, rows: number[]) => Tensor | null,
): GradConfig {
  return {
    kernelName,
    inputsToSave: ['logits', 'labels', 'cotangent'],
    gradFunc: (dy, saved, namedAttrs) => {
      const [logits, labels, cotangent] = saved as [Tensor, Tensor, Tensor];
      const h = dy as Tensor;
      const attrs = namedAttrs as CrossEntropyAttrs;
      const {axis, smoothing, reduced, factor} = attrs;
      const rows = reducedShape(logits.shape, axis, false);
      const g = () => perRow(cotangent, logits, attrs);
      return {
        cotangent: () => {
          const slopes = runKernel(kernelName, {logits, labels, cotangent: tf.ones(rows)}, {...attrs, reduced: false});
          const inRows = sumAlong(multiply(h, slopes), axis, rows);
          return reduced ? scaled(total(inRows), factor) : inRows;
        },
        logits: () => {
          const sums = sumOfLabels(labels, attrs, rows);
          const weights = sums ? multiply(g(), sums) : g();
          return timesRows(softmaxVjp(logits, h, axis), weights, axis);
        },
        labels: () => {
          const centred = logSoftmaxJvp(logits, h, axis);
          return scaled(timesRows(centred, g(), axis), smoothing - 1);
        },
      };
    },
  };
}
