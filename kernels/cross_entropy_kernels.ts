import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {crossEntropyGradientKernel, crossEntropyKernel} from '../backends/kernel_functions';
import type {CrossEntropyAttrs} from './attributes';
import {logSoftmax} from './log_softmax';
import {CROSS_ENTROPY, CROSS_ENTROPY_GRADIENT, SPARSE_CROSS_ENTROPY, SPARSE_CROSS_ENTROPY_GRADIENT} from './names';
import type {Kernel, KernelGradient} from './op';
import {broadcastScalar, multiply, scaled, scaleRows, sumAll, sumAlong} from './primitives';
import {logSoftmaxJvp, softmaxVjp} from './products';
import {reducedShape} from './rows';
import {runKernel} from './run_op';

/** g of each row: the cotangent, or where the losses are reduced, what their total hands back to each of them. */
function perRow(cotangent: Tensor, logits: Tensor, {axis, reduced, factor}: CrossEntropyAttrs): Tensor {
  return reduced ? broadcastScalar(scaled(cotangent, factor), reducedShape(logits.shape, axis, false)) : cotangent;
}

/** g (y Σq - q) for the logits, -(1 - smoothing) g logSoftmax(x) for the labels. */
const crossEntropyGradient: KernelGradient = {
  inputsToSave: ['logits', 'labels'],
  gradFunc: (dy, saved, attrs) => {
    const [logits, labels] = saved as [Tensor, Tensor];
    const {axis, smoothing} = attrs as CrossEntropyAttrs;
    const cotangent = dy as Tensor;
    return {
      logits: () => runKernel(CROSS_ENTROPY_GRADIENT, {logits, labels, cotangent}, attrs),
      labels: () => {
        const g = perRow(cotangent, logits, attrs as CrossEntropyAttrs);
        return scaled(scaleRows(logSoftmax(logits, axis), g, axis), smoothing - 1);
      },
    };
  },
};

const sparseCrossEntropyGradient: KernelGradient = {
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
const crossEntropySecondGradient = secondGradient(CROSS_ENTROPY_GRADIENT, (labels, {axis, smoothing}, rows) => {
  const sums = scaled(sumAlong(labels, axis, rows), 1 - smoothing);
  return smoothing === 0 ? sums : tf.add(sums, smoothing);
});

const sparseCrossEntropySecondGradient = secondGradient(SPARSE_CROSS_ENTROPY_GRADIENT, () => null);

/** @param sumOfLabels Σq of each row, or null where it is 1 */
function secondGradient(
  kernelName: string,
  sumOfLabels: (labels: Tensor, attrs: CrossEntropyAttrs, rows: number[]) => Tensor | null,
): KernelGradient {
  return {
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
          return reduced ? scaled(sumAll(inRows), factor) : inRows;
        },
        logits: () => {
          const sums = sumOfLabels(labels, attrs, rows);
          const weights = sums ? multiply(g(), sums) : g();
          return scaleRows(softmaxVjp(logits, h, axis), weights, axis);
        },
        labels: () => {
          const centred = logSoftmaxJvp(logits, h, axis);
          return scaled(scaleRows(centred, g(), axis), smoothing - 1);
        },
      };
    },
  };
}

export const CROSS_ENTROPY_KERNELS: Kernel[] = [
  {name: CROSS_ENTROPY, on: (backend) => crossEntropyKernel(false, backend), gradient: crossEntropyGradient},
  {
    name: SPARSE_CROSS_ENTROPY,
    on: (backend) => crossEntropyKernel(true, backend),
    gradient: sparseCrossEntropyGradient,
  },
  {
    name: CROSS_ENTROPY_GRADIENT,
    on: (backend) => crossEntropyGradientKernel(false, backend),
    gradient: crossEntropySecondGradient,
  },
  {
    name: SPARSE_CROSS_ENTROPY_GRADIENT,
    on: (backend) => crossEntropyGradientKernel(true, backend),
    gradient: sparseCrossEntropySecondGradient,
  },
];
