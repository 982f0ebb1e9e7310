import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {crossEntropyGradientKernel, crossEntropyKernel} from '../backends/kernel_functions';
import type {CrossEntropyAttrs} from './attributes';
import {logSoftmax} from './log_softmax';
import {CROSS_ENTROPY, CROSS_ENTROPY_GRADIENT, SPARSE_CROSS_ENTROPY, SPARSE_CROSS_ENTROPY_GRADIENT} from './names';
import type {Kernel, KernelGradient} from './op';
import {broadcastScalar, multiply, scaled, scaleRows, sumAll, sumAlong, sumOf} from './primitives';
import {logSoftmaxJvp, softmaxVjp} from './products';
import {reducedShape} from './rows';
import {runKernel} from './run_op';

/** g of each row: the cotangent, or where the losses are reduced, what their total hands back to each of them. */
function perRow(cotangent: Tensor, logits: Tensor, {axis, reduced, factor}: CrossEntropyAttrs): Tensor {
  return reduced ? broadcastScalar(scaled(cotangent, factor), reducedShape(logits.shape, axis, false)) : cotangent;
}

/** g (y Σq - q) for the logits, -(1 - smoothing) g logSoftmax(x) for labels that are distributions. */
function firstGradient(slopes: string, sparse: boolean): KernelGradient {
  return {
    inputsToSave: ['logits', 'labels'],
    gradFunc: (dy, saved, namedAttrs) => {
      const [logits, labels] = saved as [Tensor, Tensor];
      const cotangent = dy as Tensor;
      const attrs = namedAttrs as CrossEntropyAttrs;
      const {axis, smoothing} = attrs;
      const inLogits = {logits: () => runKernel(slopes, {logits, labels, cotangent}, attrs)};
      if (sparse) return inLogits;
      const inLabels = () => scaleRows(logSoftmax(logits, axis), perRow(cotangent, logits, attrs), axis);
      return {...inLogits, labels: () => scaled(inLabels(), smoothing - 1)};
    },
  };
}

/**
 * Of G = c (y Σq - q), for a cotangent h: Σ h·G/c for c, c Σq J·h for the logits, and for the labels
 * (1 - smoothing) c (⟨y, h⟩ - h). Of class indices Σq is 1.
 */
function secondGradient(slopes: string, sparse: boolean): KernelGradient {
  return {
    inputsToSave: ['logits', 'labels', 'cotangent'],
    gradFunc: (dy, saved, namedAttrs) => {
      const [logits, labels, cotangent] = saved as [Tensor, Tensor, Tensor];
      const h = dy as Tensor;
      const attrs = namedAttrs as CrossEntropyAttrs;
      const {axis, smoothing, reduced, factor} = attrs;
      const rows = reducedShape(logits.shape, axis, false);
      const g = () => perRow(cotangent, logits, attrs);
      const timesSum = (c: Tensor) => {
        if (sparse) return c;
        const sums = scaled(sumAlong(labels, axis, rows), 1 - smoothing);
        return multiply(c, smoothing === 0 ? sums : sumOf(sums, tf.fill(rows, smoothing)));
      };
      return {
        cotangent: () => {
          const ofOnes = runKernel(slopes, {logits, labels, cotangent: tf.ones(rows)}, {...attrs, reduced: false});
          const inRows = sumAlong(multiply(h, ofOnes), axis, rows);
          return reduced ? scaled(sumAll(inRows), factor) : inRows;
        },
        logits: () => scaleRows(softmaxVjp(logits, h, axis), timesSum(g()), axis),
        labels: () => scaled(scaleRows(logSoftmaxJvp(logits, h, axis), g(), axis), smoothing - 1),
      };
    },
  };
}

function kernelsOf(losses: string, slopes: string, sparse: boolean): Kernel[] {
  return [
    {
      name: losses,
      on: (backend) => crossEntropyKernel(losses, sparse, backend),
      gradient: firstGradient(slopes, sparse),
    },
    {
      name: slopes,
      on: (backend) => crossEntropyGradientKernel(slopes, sparse, backend),
      gradient: secondGradient(slopes, sparse),
    },
  ];
}

export const CROSS_ENTROPY_KERNELS: Kernel[] = [
  ...kernelsOf(CROSS_ENTROPY, CROSS_ENTROPY_GRADIENT, false),
  ...kernelsOf(SPARSE_CROSS_ENTROPY, SPARSE_CROSS_ENTROPY_GRADIENT, true),
];
