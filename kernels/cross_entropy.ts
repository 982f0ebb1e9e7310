import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {type CrossEntropyAttrs, lossesAlong} from './attributes';
import {checkOptions, checkRange, mustBe, option} from './check';
import {CROSS_ENTROPY_KERNELS} from './cross_entropy_kernels';
import {HIGHEST_RANK} from './elementwise';
import {isOfFloats} from './floats';
import {type Input, toFloat32} from './input';
import {
  broadcast,
  keptRows,
  type Labels,
  rowWeights,
  spreadOverRows,
  toClassWeights,
  toLabels,
  weightsOfIndices,
} from './labels';
import {CROSS_ENTROPY, SPARSE_CROSS_ENTROPY} from './names';
import type {Op} from './op';
import {broadcastScalar, multiply, reciprocal, reshaped, scaled, sumAll, sumOf, whereMask} from './primitives';
import {resolveAxis, rowsAlong} from './rows';
import {inScope, runKernel} from './run_op';

const OP = 'softmaxCrossEntropy';

/** Options of `softmaxCrossEntropy`. */
export interface CrossEntropyOptions {
  /** The axis of the classes; -1 by default. */
  axis?: number;
  /** In [0, 1): this share of each label is distributed equally over all classes. */
  labelSmoothing?: number;
  /**
   * One weight per class: the loss is -Σ w q log softmax(x), as in PyTorch. The part that a class gets from
   * `labelSmoothing` is weighted too.
   */
  classWeights?: Input | null;
  /** One weight per row, or a shape that broadcasts to the shape of the losses. */
  weights?: Input | null;
  /** For class indices: rows with this index have loss and gradient 0, and do not count in the mean. */
  ignoreIndex?: number | null;
  /**
   * `none` returns one loss per row, `sum` their sum. `mean`, the default, divides the sum by the total weight of the rows:
   * 1 per row, times its `weights`, and for class indices times the weight of its class; it is 0 if the total is 0.
   */
  reduction?: Reduction;
}

const REDUCTIONS = ['none', 'mean', 'sum'] as const;
type Reduction = (typeof REDUCTIONS)[number];

/**
 * Cross-entropy of labels with softmax(logits): -Σ q log softmax(x) along the axis, with q the smoothed labels. In nats.
 *
 * Evaluated as Σ q (log Σ e^(x-m) - (x - m)); see {@link logSoftmax} for the logarithm. Gradients are those of this
 * formula: y Σq - q for the logits, even if the labels do not sum to 1, and -logSoftmax(x) for dense labels. Where q = 0, a
 * logit of -Infinity adds nothing.
 *
 * @example
 * ```ts
 * const classes = tf.tensor1d([2, -1], 'int32');
 * softmaxCrossEntropy(classes, logits, {ignoreIndex: -1, labelSmoothing: 0.1}).print();
 * tf.grad((x) => softmaxCrossEntropy([2, 0], x))(logits).print();
 * ```
 *
 * @param labels distributions, of the shape of the logits; or class indices, int32 or a plain array, of the shape of the
 *   logits without the axis. An index that is not a class gives NaN
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
  const settings = settingsOf(OP, options);
  const {labelSmoothing: smoothing, reduction} = settings;
  const run = () => {
    const x = toFloat32(OP, 'logits', logits);
    const axis = resolveAxis(OP, settings.axis, x.shape);
    const given = toLabels(OP, labels, x.shape, axis);
    const kernel = given.sparse ? SPARSE_CROSS_ENTROPY : CROSS_ENTROPY;
    const losses = (reduced: boolean, factor: number) => {
      const attrs: CrossEntropyAttrs = {axis, smoothing, reduced, factor};
      return runKernel(kernel, {logits: x, labels: given.tensor}, attrs);
    };
    // Losses that all weigh the same are reduced where they are made.
    if (isUnweighted(settings)) {
      if (reduction === 'none') return losses(false, 1);
      const count = tf.util.sizeFromShape(given.rows);
      return losses(true, reduction === 'sum' ? 1 : 1 / Math.max(count, 1));
    }
    if (x.rank > HIGHEST_RANK) return ofHighRank(x, given, settings);
    // First, before other ops put class indices into a texture, which may round them.
    const unweighted = settings.classWeights === null || (given.sparse && smoothing === 0) ? losses(false, 1) : null;
    const kept = keptRows(OP, given, settings.ignoreIndex);
    const perRow = unweighted ?? weighedByClass(x, given, kept, smoothing, settings.classWeights!);
    const shown = kept ? whereMask(perRow, kept) : perRow;
    const counts = rowWeights(OP, given, kept, settings);
    // The weights of rows alone, where those of classes are in the losses.
    const factors = unweighted ? counts : rowWeights(OP, given, null, {weights: settings.weights});
    return reduce(shown, factors, counts, reduction);
  };
  return inScope(leavesNothing(labels, logits, settings), run) as T;
}

/**
 * The same in three dimensions: the gradients of what is used twice are added up by tfjs's own kernel, which on wasm leaves what
 * was in the memory where there are too many.
 */
function ofHighRank(x: Tensor, {tensor: labels, axis, sparse, rows}: Labels, settings: Settings): Tensor {
  const {outer, n, inner} = rowsAlong(x.shape, axis);
  const {weights, reduction} = settings;
  const losses = softmaxCrossEntropy(
    sparse ? tf.reshape(labels, [outer, inner]) : reshaped(labels, [outer, n, inner]),
    reshaped(x, [outer, n, inner]),
    {
      ...settings,
      axis: 1,
      weights: weights === null ? null : reshaped(broadcast(OP, 'weights', weights, rows), [outer, inner]),
    },
  );
  return reduction === 'none' ? reshaped(losses, rows) : losses;
}

export type Settings = Required<CrossEntropyOptions>;

/**
 * The options with their defaults.
 * @throws if the smoothing or the reduction is not allowed
 */
export function settingsOf(op: string, options: CrossEntropyOptions): Settings {
  checkOptions(op, options);
  const smoothing = option(options, 'labelSmoothing', 0);
  const reduction = option(options, 'reduction', 'mean');
  if (!REDUCTIONS.includes(reduction)) throw mustBe(op, 'reduction', "'none', 'mean' or 'sum'", reduction);
  return {
    axis: option(options, 'axis', -1),
    labelSmoothing: checkRange(op, 'labelSmoothing', smoothing, (s) => s >= 0 && s < 1, 'at least 0 and below 1'),
    classWeights: option(options, 'classWeights', null),
    weights: option(options, 'weights', null),
    ignoreIndex: option(options, 'ignoreIndex', null),
    reduction,
  };
}

/** Tensors that are used as they are leave nothing to tidy up. */
function leavesNothing(labels: Input, logits: Input, settings: Settings): boolean {
  if (!isUnweighted(settings) || !(labels instanceof tf.Tensor) || !(logits instanceof tf.Tensor)) return false;
  return isOfFloats(logits) && (labels.rank === logits.rank ? isOfFloats(labels) : labels.dtype === 'int32');
}

function isUnweighted({weights, classWeights, ignoreIndex}: Settings): boolean {
  return weights === null && classWeights === null && ignoreIndex === null;
}

/**
 * Losses in which each class's part weighs by its class, as PyTorch has it: of the label, and of what smoothing hands to all
 * classes alike. The shares of both are taken of the weights: a sum of whole logarithms might overflow.
 */
function weighedByClass(
  logits: Tensor,
  given: Labels,
  kept: Tensor | null,
  smoothing: number,
  classWeights: Input,
): Tensor {
  const {axis, sparse, classes, tensor: labels} = given;
  const attrs = lossesAlong(axis);
  const ofIndices = sparse ? runKernel(SPARSE_CROSS_ENTROPY, {logits, labels}, attrs) : null;
  const perClass = toClassWeights(OP, classWeights, given);
  const everywhere = spreadOverRows(perClass, given, logits.shape);
  const ofEach = () => scaled(everywhere, smoothing / Math.max(classes, 1));
  if (!ofIndices) {
    const ofLabels = multiply(scaled(labels, 1 - smoothing), everywhere);
    const q = smoothing === 0 ? ofLabels : sumOf(ofLabels, ofEach());
    return runKernel(CROSS_ENTROPY, {logits, labels: q}, attrs);
  }
  const ofLabels = multiply(ofIndices, scaled(weightsOfIndices(perClass, given, kept), 1 - smoothing));
  return sumOf(ofLabels, runKernel(CROSS_ENTROPY, {logits, labels: ofEach()}, attrs));
}

/**
 * In a mean each row's share is taken before the sum, which might overflow.
 * @param factors what the loss of each row is multiplied by, @param counts what each row counts in the mean; null for 1
 */
function reduce(losses: Tensor, factors: Tensor | null, counts: Tensor | null, reduction: Reduction): Tensor {
  const times = (weights: Tensor | null) => (weights ? multiply(losses, weights) : losses);
  if (reduction === 'none') return times(factors);
  if (reduction === 'sum') return sumAll(times(factors));
  if (!counts) return sumAll(scaled(times(factors), 1 / Math.max(losses.size, 1)));
  const share = shareOf(counts);
  return sumAll(times(factors ? multiply(factors, share) : share));
}

/** For each row 1 over what all rows count, and if that is nothing, 0. */
export function shareOf(counts: Tensor): Tensor {
  return broadcastScalar(reciprocal(sumAll(counts), 0), counts.shape);
}

export const softmaxCrossEntropyOp: Op = {
  run: softmaxCrossEntropy,
  parameters: ['labels', 'logits', 'options'],
  options: ['axis', 'labelSmoothing', 'classWeights', 'weights', 'ignoreIndex', 'reduction'],
  kernels: CROSS_ENTROPY_KERNELS,
};
