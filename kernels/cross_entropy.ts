import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {multiply, selected, total} from './calculus';
import {checkFinite, type Input, toFloat32} from './input';
import {keptRows, rowWeights, toLabels} from './labels';
import {CROSS_ENTROPY, type CrossEntropyAttrs, SPARSE_CROSS_ENTROPY} from './names';
import {resolveAxis} from './rows';
import {runKernel} from './run';

const OP = 'softmaxCrossEntropy';

/** Options of `softmaxCrossEntropy`. */
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
  reduction?: Reduction;
}

const REDUCTIONS = ['none', 'mean', 'sum'] as const;
type Reduction = (typeof REDUCTIONS)[number];

/**
 * Cross-entropy of labels with softmax(logits): -Σ q log softmax(x) along the axis, with q the smoothed labels. In nats.
 *
 * Evaluated as Σ q (log Σ e^(x-m) - (x - m)); see {@link logSoftmax} for the logarithm. Gradients are those of this formula:
 * y Σq - q for the logits, also where labels do not sum to 1, and -logSoftmax(x) for dense labels. Where q = 0 a logit of
 * -Infinity adds nothing.
 *
 * @param labels distributions, of the shape of the logits; or class indices, int32 or a plain array, of the shape of
 *   the logits without the axis. An index that is no class gives NaN
 * @param logits any rank but 0; float32, or int32 and bool, which are converted
 * @param options axis, smoothing, weights and reduction; by default the mean over the rows of the last axis
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
    const reduction = checkReduction(options.reduction ?? 'mean');
    const attrs: CrossEntropyAttrs = {axis, smoothing: checkSmoothing(options.labelSmoothing ?? 0)};
    const given = toLabels(OP, labels, x.shape, axis);
    const kept = keptRows(OP, given, options.ignoreIndex ?? null);
    const weights = rowWeights(OP, given, kept, options);
    const kernel = given.sparse ? SPARSE_CROSS_ENTROPY : CROSS_ENTROPY;
    const losses = runKernel(kernel, {logits: x, labels: given.tensor}, attrs);
    return reduce(kept ? selected(losses, kept) : losses, weights, reduction) as T;
  });
}

function checkSmoothing(smoothing: number): number {
  checkFinite(OP, 'labelSmoothing', smoothing);
  if (smoothing >= 0 && smoothing < 1) return smoothing;
  throw new Error(`${OP}: labelSmoothing must be at least 0 and below 1, but got ${smoothing}.`);
}

function checkReduction(reduction: Reduction): Reduction {
  if (REDUCTIONS.includes(reduction)) return reduction;
  throw new Error(`${OP}: reduction must be 'none', 'mean' or 'sum', but got ${String(reduction)}.`);
}

function reduce(losses: Tensor, weights: Tensor | null, reduction: Reduction): Tensor {
  const weighted = weights ? multiply(losses, weights) : losses;
  if (reduction === 'none') return weighted;
  if (reduction === 'sum') return total(weighted);
  const share = tf.divNoNan(1, weights ? tf.sum(weights) : tf.scalar(losses.size));
  return multiply(total(weighted), share);
}
