import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {multiply, scaled, spread, sumAlong} from './calculus';
import {logSoftmax} from './log_softmax';
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRADIENT,
  type CrossEntropyAttrs,
  SPARSE_CROSS_ENTROPY,
  SPARSE_CROSS_ENTROPY_GRADIENT,
} from './names';
import {logSoftmaxJvp, softmaxVjp} from './products';
import {runKernel} from './run';

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
      labels: () => scaled(multiply(spread(cotangent, logits.shape, axis), logSoftmax(logits, axis)), smoothing - 1),
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
      const {axis, smoothing} = attrs;
      return {
        cotangent: () => {
          const slopes = runKernel(kernelName, {logits, labels, cotangent: tf.onesLike(cotangent)}, attrs);
          return sumAlong(multiply(h, slopes), axis, cotangent.shape);
        },
        logits: () => {
          const sums = sumOfLabels(labels, attrs, cotangent.shape);
          const perRow = sums ? multiply(cotangent, sums) : cotangent;
          return multiply(spread(perRow, logits.shape, axis), softmaxVjp(logits, h, axis));
        },
        labels: () => {
          const centred = logSoftmaxJvp(logits, h, axis);
          return scaled(multiply(spread(cotangent, logits.shape, axis), centred), smoothing - 1);
        },
      };
    },
  };
}
