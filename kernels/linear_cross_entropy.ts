import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {ENGINE} from '../tfjs/engine';
import {asOneOperation} from '../tfjs/saved_tensors';
import {gradientDepth, withOwnTape} from '../tfjs/tape';
import {mustBe, option} from './check';
import {type CrossEntropyOptions, settingsOf, shareOf, softmaxCrossEntropy} from './cross_entropy';
import {checkTensor, type Input, toFloat32} from './input';
import {broadcast, keptRows, rowWeights, toLabels} from './labels';
import {broadcastRows, matrixProduct, multiply, reshaped, scaled, sumOf, transposed} from './primitives';
import {inScope} from './run_op';

const OP = 'linearCrossEntropy';

/** Options of `linearCrossEntropy`: those of `softmaxCrossEntropy` but for the axis, and two more. */
export interface LinearCrossEntropyOptions extends Omit<CrossEntropyOptions, 'axis'> {
  /** One number per class, added to its logits. */
  bias?: Input | null;
  /**
   * The number of rows of logits that exist at a time. By default 3/64 of all rows, but at least 1 MiB and at most 32 MiB
   * of logits, and at least one row.
   */
  chunkRows?: number | null;
}

/**
 * The last layer of a classifier and its loss in one: softmaxCrossEntropy(labels, hidden·weights + bias), without the logits.
 *
 * Of the N rows of logits, only `chunkRows` exist at a time: a chunk is computed, reduced to its losses, and disposed of.
 * If the loss will be differentiated, its gradients are computed from the same chunk, so that the logits are not computed
 * twice; see Hsu et al., Liger Kernel: Efficient Triton Kernels for LLM Training, arXiv:2410.10989. With the reduction
 * `none`, logits are computed again for each gradient.
 *
 * Besides the inputs and their gradients it takes the memory of three chunks of logits, and for a short time a second
 * gradient of the weights. Derivatives of order 2 and higher, and derivatives in labels, `weights` and `classWeights`, hold
 * all logits.
 *
 * @param hidden [..., D]: features, any rank but 0; float32, or int32 and bool, which are converted
 * @param weights [D, V]: one column per class
 * @param labels class indices, int32 or a plain array, of the shape of `hidden` without its last axis; or distributions, of
 *   that shape followed by V. An index that is not a class gives NaN
 * @param options bias, chunkRows, smoothing, weights of classes and rows, ignoreIndex, reduction; by default the mean over rows
 * @returns a scalar, or with reduction `none` float32 of the shape of `hidden` without its last axis; in nats
 * @throws if the shapes do not fit, an option is out of its range, or indices are not int32
 * @example
 * const features = tf.randomNormal([128, 16]); // one row a token
 * const words = tf.randomNormal([16, 2000], 0, 0.1); // one column a word
 * const next = tf.randomUniform([128], 0, 2000, 'int32');
 * const loss = linearCrossEntropy(features, words, next, {chunkRows: 16});
 */
export function linearCrossEntropy<T extends Tensor = Tensor>(
  hidden: Input,
  weights: Input,
  labels: Input,
  options: LinearCrossEntropyOptions = {},
): T {
  const given = settingsOf(OP, options);
  const bias = option(options, 'bias', null);
  const givenRows = option(options, 'chunkRows', null);
  return inScope(false, () => {
    const x = toFloat32(OP, 'hidden', hidden);
    const w = toFloat32(OP, 'weights', weights);
    const [features, classes] = w.shape as [number, number];
    if (w.rank !== 2 || x.shape.at(-1) !== features) {
      throw new Error(
        `${OP}: hidden has shape [${x.shape}] and weights have shape [${w.shape}]. Allowed are [..., D] and [D, V].`,
      );
    }
    const {reduction} = given;
    const known = toLabels(OP, labels, [...x.shape.slice(0, -1), classes], x.rank - 1);
    const rows = tf.util.sizeFromShape(known.rows);
    const chunkRows = givenRows ?? usualRows(rows, classes);
    if (!(Number.isInteger(chunkRows) && chunkRows >= 1))
      throw mustBe(OP, 'chunkRows', 'an integer of 1 or more', chunkRows);
    const kept = keptRows(OP, known, given.ignoreIndex);
    const inputs: Inputs = Object.assign(Object.create(null), {
      hidden: reshaped(x, [rows, features]),
      weights: w,
      labels: known.sparse ? tf.reshape(known.tensor, [rows]) : reshaped(known.tensor, [rows, classes]),
    });
    if (bias !== null) inputs.bias = broadcast(OP, 'bias', bias, [classes]);
    if (given.weights !== null)
      inputs.rowWeights = reshaped(broadcast(OP, 'weights', given.weights, known.rows), [rows]);
    if (given.classWeights !== null) inputs.classWeights = broadcast(OP, 'classWeights', given.classWeights, [classes]);
    // In a mean each row's share is taken before the sum, which might overflow.
    const counts = reduction === 'mean' ? rowWeights(OP, known, kept, given) : null;
    if (counts) {
      const share = reshaped(shareOf(counts), [rows]);
      inputs.rowWeights = inputs.rowWeights ? multiply(inputs.rowWeights, share) : share;
    }
    const others = [known.sparse ? null : labels, given.weights, given.classWeights];
    const isOfLayer = !others.some((other) => other instanceof tf.Tensor);
    const loss = lossOf(inputs, {...given, reduction: counts ? 'sum' : reduction, chunkRows, isOfLayer});
    return (reduction === 'none' ? reshaped(loss, known.rows) : loss) as T;
  });
}

/** 3/64 of the rows, which of 1,024 are a block of tfjs's matMul on cpu; but at least 1 MiB of logits, and at most 32. */
function usualRows(rows: number, classes: number): number {
  const least = 2 ** 18 / classes;
  return Math.ceil(Math.min(Math.max((3 * rows) / 64, least), 32 * least, rows || 1));
}

interface Settings extends Required<CrossEntropyOptions> {
  chunkRows: number;
  /** Whether there is nothing to differentiate in but `hidden`, `weights` and `bias`. */
  isOfLayer: boolean;
}

/**
 * Tensors by name: `hidden` [N, D], `weights` [D, V], `labels`, and where there are any `bias`, `rowWeights` and `classWeights`;
 * for derivatives `cotangent` too. They have no prototype, on which a tensor that is missing might be found.
 */
type Inputs = Record<string, Tensor>;

/** The losses of the rows, or their sum or plain mean. */
function lossOf(inputs: Inputs, settings: Settings): Tensor {
  if (gradientDepth() > 1) return inOne(inputs, settings);
  const wanted = gradientDepth() === 1 && settings.reduction !== 'none' ? GRADIENTS.filter((name) => inputs[name]) : [];
  const [loss, ...gradients] = withOwnTape(() => inChunks(inputs, wanted, settings));
  return asOneOperation(
    inputs,
    loss!,
    gradients,
    (name, dy, saved) => {
      // tf.grad would throw where the derivative is 0.
      const derive = () =>
        ENGINE.gradients(() => inOne(saved.inputs, settings), [saved.inputs[name]!], dy, true).grads[0] ??
        tf.zerosLike(saved.inputs[name]!);
      const gradient = saved.results[wanted.indexOf(name)];
      if (gradientDepth() === 0 && gradient) return tf.mul(gradient, dy);
      checkTensor(OP, 'weights', saved.inputs.weights!);
      if (gradientDepth() > 0) return derive();
      return withOwnTape(
        GRADIENTS.includes(name)
          ? () => inChunks(Object.assign(Object.create(saved.inputs), {cotangent: dy}), [name], settings)[1]!
          : derive,
      );
    },
    // Their gradient is all that is needed, unless that is differentiated again.
    gradients.length > 0 && settings.isOfLayer ? 'weights' : undefined,
  );
}

/** Those that are made chunk by chunk. */
const GRADIENTS = ['hidden', 'weights', 'bias'];

/** The same without chunks, for derivatives of any order. */
function inOne(inputs: Inputs, settings: Settings): Tensor {
  const {hidden, weights, bias} = inputs;
  const product = matrixProduct(hidden!, weights!, false, false);
  return lossOfLogits(bias ? sumOf(product, broadcastRows(bias, product.shape, 0)) : product, inputs, settings);
}

function lossOfLogits(logits: Tensor, {labels, rowWeights, classWeights}: Inputs, settings: Settings): Tensor {
  return softmaxCrossEntropy(labels!, logits, {
    ...{...settings, axis: -1},
    ...{weights: rowWeights ?? null, classWeights: classWeights ?? null},
  });
}

/** The loss, and its gradients in those of `hidden`, `weights` and `bias` that are wanted, for the cotangent if there is one. */
function inChunks(inputs: Inputs, wanted: readonly string[], settings: Settings): Tensor[] {
  const {chunkRows, reduction} = settings;
  const {hidden, weights, bias} = inputs as {hidden: Tensor; weights: Tensor; bias?: Tensor};
  const [rows, features] = hidden.shape as [number, number];
  const ofRows = ['hidden', 'labels', 'rowWeights', ...(reduction === 'none' ? ['cotangent'] : [])];
  // The weights' gradient grows by parts: no product for one is larger than 2/3 of a chunk or a 16th of the weights.
  const featuresAtOnce = Math.ceil(Math.max((2 * chunkRows) / 3, features / 16));
  const parts: Record<string, Tensor[]> = {loss: [], hidden: [], weights: [], bias: []};
  const add = (name: string, at: number, part: Tensor) => {
    const before = parts[name]![at];
    parts[name]![at] = before ? tf.addN([before, part]) : part;
    if (before) tf.dispose([before, part]);
  };
  for (let begin = 0; begin === 0 || begin < rows; begin += chunkRows) {
    const size = Math.min(chunkRows, rows - begin);
    const chunk: Inputs = Object.create(inputs);
    for (const name of ofRows) if (inputs[name] && size < rows) chunk[name] = tf.slice(inputs[name], begin, size);
    const logits = tf.tidy(() => {
      const product = matrixProduct(chunk.hidden!, weights, false, false);
      return bias && size > 0 ? tf.add(product, bias) : product;
    });
    const share = reduction === 'mean' ? size / Math.max(rows, 1) : 1;
    const f = (z: Tensor) => scaled(lossOfLogits(z, chunk, settings), share);
    const {value, grad} = wanted.length
      ? tf.valueAndGrad(f)(logits, chunk.cotangent)
      : {value: f(logits), grad: logits};
    if (grad !== logits) logits.dispose();
    add('loss', reduction === 'none' ? begin / chunkRows : 0, value);
    const times = (t: Tensor) => matrixProduct(transposed(t, [1, 0]), grad, false, false);
    for (const name of wanted) {
      if (name === 'hidden') add(name, begin / chunkRows, matrixProduct(grad, weights, false, true));
      else if (name === 'bias') add(name, 0, times(tf.ones([size, 1])));
      else {
        for (let at = 0; at < features; at += featuresAtOnce) {
          const part = tf.slice(chunk.hidden!, [0, at], [size, Math.min(featuresAtOnce, features - at)]);
          add(name, at / featuresAtOnce, times(part));
        }
      }
    }
    grad.dispose();
    for (const name of ofRows) if (size < rows) chunk[name]?.dispose();
  }
  return ['loss', ...wanted].map((name) => {
    const all = parts[name]!;
    const whole = all.length > 1 ? tf.concat(all, 0) : (all[0] ?? tf.zeros(inputs[name]!.shape));
    if (all.length > 1) tf.dispose(all);
    return name === 'bias' ? tf.reshape(whole, bias!.shape) : whole;
  });
}
