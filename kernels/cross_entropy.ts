import type {GradConfig, TensorLike} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {Tensor} from '@tensorflow/tfjs-core';
import {multiply, scaled, selected, spread, sumAlong, total} from './calculus';
import {checkFinite, type Input, toFloat32, toTensor} from './input';
import {logSoftmax} from './log_softmax';
import {broadcastsTo} from './mask';
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRADIENT,
  type CrossEntropyAttrs,
  SPARSE_CROSS_ENTROPY,
  SPARSE_CROSS_ENTROPY_GRADIENT,
} from './names';
import {runKernel} from './op';
import {logSoftmaxJvp, softmaxVjp} from './products';
import {reducedShape, resolveAxis} from './rows';

const OP = 'softmaxCrossEntropy';

export interface CrossEntropyOptions {
  /** The axis of the classes; -1 by default. */
  axis?: number;
  /** In [0, 1): this share of each label goes to all classes alike. */
  labelSmoothing?: number;
  /** One number a class: a row weighs as much as its class, or with dense labels as Σ label·weight. */
  classWeights?: Input | null;
  /** One number a row, or a shape that broadcasts to that of the rows. */
  weights?: Input | null;
  /** With class indices: rows that have this one have loss and gradient 0, and no part in the mean. */
  ignoreIndex?: number | null;
  /** `mean` is Σ weight·loss / Σ weight, and 0 where that has nothing to sum; `none` leaves one loss a row. */
  reduction?: 'none' | 'mean' | 'sum';
}

/**
 * Cross-entropy of labels with softmax(logits): -Σ q log softmax(x) along the axis, with q the smoothed labels. In nats.
 *
 * Evaluated as Σ q (log Σ e^(x-m) - (x - m)); see `logSoftmax` for the logarithm. Gradients are those of this formula:
 * y Σq - q for the logits, also where labels do not sum to 1, and -logSoftmax(x) for dense labels. Where q = 0 a logit of
 * -Infinity adds nothing.
 *
 * @param labels distributions, of the shape of the logits; or class indices, int32 or a plain array, of the shape of
 *   the logits without the axis. An index that is no class gives NaN
 * @param logits any rank but 0; float32, or int32 and bool, which are converted
 * @returns a scalar, or with reduction `none` float32 of the shape of the logits without the axis
 * @throws if the shapes do not fit, the axis is out of range, an option is out of its range, or indices are not int32
 */
export function softmaxCrossEntropy<T extends Tensor = Tensor>(
  labels: Input,
  logits: Input,
  options: CrossEntropyOptions = {},
): T {
  return tf.tidy(OP, () => {
    const x = toFloat32(OP, 'logits', logits);
    const axis = resolveAxis(OP, options.axis ?? -1, x.shape);
    const {tensor, sparse} = toLabels(labels, x.shape, axis);
    const attrs: CrossEntropyAttrs = {axis, smoothing: checkSmoothing(options.labelSmoothing ?? 0)};
    const kernel = sparse ? SPARSE_CROSS_ENTROPY : CROSS_ENTROPY;
    const losses = runKernel(kernel, {logits: x, labels: tensor}, attrs);
    const kept = keptRows(tensor, sparse, options.ignoreIndex);
    const counted = kept ? selected(losses, kept) : losses;
    return reduce(
      counted,
      rowWeights(tensor, sparse, axis, x.shape[axis]!, losses.shape, kept, options),
      options.reduction ?? 'mean',
    ) as T;
  });
}

function toLabels(labels: Input, shape: number[], axis: number): {tensor: Tensor; sparse: boolean} {
  const rows = reducedShape(shape, axis, false);
  const isTensor = labels instanceof Tensor;
  const t = isTensor ? labels : toTensor(OP, 'labels', labels as TensorLike);
  if (shape.length > 0 && tf.util.arraysEqual(t.shape, shape)) {
    return {tensor: toFloat32(OP, 'labels', t), sparse: false};
  }
  if (shape.length === 0 || !tf.util.arraysEqual(t.shape, rows)) {
    throw new Error(
      `${OP}: labels have shape [${t.shape}] and logits have shape [${shape}]. Allowed are [${shape}], distributions, ` +
        `and [${rows}], class indices; the logits must have an axis of classes.`,
    );
  }
  if (isTensor && t.dtype !== 'int32') {
    throw new Error(`${OP}: class indices have dtype ${t.dtype}. They must be int32: see tf.cast(labels, 'int32').`);
  }
  return {tensor: tf.cast(t, 'int32'), sparse: true};
}

function checkSmoothing(smoothing: number): number {
  checkFinite(OP, 'labelSmoothing', smoothing);
  if (smoothing < 0 || smoothing >= 1) {
    throw new Error(`${OP}: labelSmoothing must be at least 0 and below 1, but got ${smoothing}.`);
  }
  return smoothing;
}

function keptRows(labels: Tensor, sparse: boolean, ignoreIndex: number | null | undefined): Tensor | null {
  if (ignoreIndex == null) return null;
  if (!Number.isInteger(ignoreIndex)) throw new Error(`${OP}: ignoreIndex must be an integer, but got ${ignoreIndex}.`);
  if (sparse) return tf.notEqual(labels, tf.scalar(ignoreIndex, 'int32'));
  throw new Error(`${OP}: ignoreIndex is for class indices, but the labels are distributions. Use weights of 0.`);
}

/** What each row weighs, or null for 1 throughout. */
function rowWeights(
  labels: Tensor,
  sparse: boolean,
  axis: number,
  n: number,
  rows: number[],
  kept: Tensor | null,
  {classWeights, weights}: CrossEntropyOptions,
): Tensor | null {
  const factors: Tensor[] = [];
  if (weights != null) {
    const perRow = toFloat32(OP, 'weights', weights);
    if (!broadcastsTo(perRow.shape, rows)) throw new Error(misshapen('weights', perRow, `broadcast to [${rows}]`));
    factors.push(perRow);
  }
  if (classWeights != null) {
    const perClass = toFloat32(OP, 'classWeights', classWeights);
    if (!tf.util.arraysEqual(perClass.shape, [n])) throw new Error(misshapen('classWeights', perClass, `be [${n}]`));
    const classes = kept ? tf.where(kept, labels, tf.zerosLike(labels)) : labels;
    factors.push(sparse ? tf.gather(perClass, classes) : expected(perClass, labels, axis));
  }
  if (kept) factors.push(tf.cast(kept, 'float32'));
  if (factors.length === 0) return null;
  return tf.broadcastTo(
    factors.reduce((a, b) => tf.mul(a, b)),
    rows,
  );
}

function misshapen(name: string, given: Tensor, allowed: string): string {
  return `${OP}: ${name} has shape [${given.shape}]. It must ${allowed}.`;
}

/** Σ label·weight along the axis. */
function expected(perClass: Tensor, labels: Tensor, axis: number): Tensor {
  const along = labels.shape.map((_, i) => (i === axis ? perClass.size : 1));
  return tf.sum(tf.mul(labels, tf.reshape(perClass, along)), axis);
}

function reduce(losses: Tensor, weights: Tensor | null, reduction: 'none' | 'mean' | 'sum'): Tensor {
  if (!['none', 'mean', 'sum'].includes(reduction)) {
    throw new Error(`${OP}: reduction must be 'none', 'mean' or 'sum', but got ${String(reduction)}.`);
  }
  const weighted = weights ? multiply(losses, weights) : losses;
  if (reduction === 'none') return weighted;
  if (reduction === 'sum') return total(weighted);
  const share = tf.divNoNan(1, weights ? tf.sum(weights) : tf.scalar(losses.size));
  return multiply(total(weighted), share);
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
