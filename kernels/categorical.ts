import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {implementationOn} from '../backends/registration';
import {checkElements, checkOptions, checkRange, mustBe, option} from './check';
import {belowMaximum, checkClasses, LARGEST_SCALE, leastMaximal, SMALLEST_SCALE} from './draws';
import {select} from './elementwise';
import {floats} from './floats';
import {type Input, toFloat32} from './input';
import {toMask} from './mask';
import {LOG_SUM_EXP, SOFTMAX} from './names';
import type {Op} from './op';
import {asConstant} from './primitives';
import {fillWithGumbels, type Seed, toSeed} from './random';
import {reducedShape, resolveAxis, rowsAlong} from './rows';
import {inScope, type MaskOptions, runKernel} from './run_op';

const OP = 'categorical';

/** Options of `categorical`. */
export interface CategoricalOptions extends MaskOptions {
  /**
   * The number of independent draws per row, at least 1; they lie along the axis. Without it there is one draw, and the
   * result lacks the axis.
   */
  samples?: number | null;
  /**
   * Divides the logits. Above 1 makes the classes more equally likely, below 1 favours the likeliest; 0 takes the maximum.
   */
  temperature?: number;
  /** Draws only from this many classes of each row, those with the largest logits; of equal logits, the first. */
  topK?: number | null;
  /**
   * In (0, 1]: draws only from the smallest set of likeliest classes whose probability together reaches topP; of equal
   * classes, the first. It applies to the classes that topK leaves, at the temperature. A sum within 1e-6 of topP counts as
   * reached.
   */
  topP?: number | null;
  /** A whole number. The same seed gives the same draws on every backend. Without it each call draws anew. */
  seed?: number | null;
}

/**
 * Draws from the categorical distribution softmax(logits / temperature) along one axis: class i with probability pᵢ.
 *
 * It uses the Gumbel-max method: with u uniform, the argmax of logits / temperature - log(-log u) is such a draw (Gumbel,
 * Statistical theory of extreme values, 1954; Maddison, Tarlow & Minka, A* sampling, NeurIPS 2014). The noise is a function
 * of the seed, the row, the sample and the class (with topK or topP, the rank of the class). So the first of several
 * samples is the one that is drawn without `samples`.
 *
 * A row without a distribution gives -1, which is not a class: a row whose softmax is NaN, that is masked out completely,
 * or that has no classes. Draws have no derivative: gradients treat them as constants.
 *
 * @example
 * ```ts
 * const next = categorical(logits, -1, {temperature: 0.8, topK: 40, topP: 0.95}); // a token for each row
 * const dice = categorical(tf.zeros([6]), -1, {samples: 100, seed: 7}); // int32 of shape [100]
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis of the classes; negative counts from the end
 * @param options samples, temperature, topK, topP, mask and seed
 * @returns class indices, int32, of the shape of the logits without the axis, or with the axis of length `samples`
 * @throws if the axis is out of range, the dtype is not float32, int32 or bool, the mask does not fit, an option is out of
 *   range, or there are more than 2^24 classes
 */
export function categorical<T extends Tensor = Tensor>(logits: Input, axis = -1, options: CategoricalOptions = {}): T {
  checkOptions(OP, options);
  const mask = option(options, 'mask', null);
  const temperature = option(options, 'temperature', 1);
  const topP = option(options, 'topP', null) ?? 1;
  const settings: Settings = {
    samples: checkCount('samples', option(options, 'samples', null)),
    temperature: checkRange(OP, 'temperature', temperature, (t) => t >= 0, '0 (for the likeliest class) or above'),
    topK: checkCount('topK', option(options, 'topK', null)),
    topP: checkRange(
      OP,
      'topP',
      topP,
      (p) => p > 0 && p <= 1,
      'above 0 and at most 1',
      'Leave it out for all classes.',
    ),
    seed: toSeed(OP, option(options, 'seed', null)),
  };
  return inScope(false, () => {
    const x = toFloat32(OP, 'logits', logits);
    const resolved = resolveAxis(OP, axis, x.shape);
    const kept = toMask(OP, mask, x.shape);
    return asConstant(() => drawnAlong(x, resolved, kept, settings)) as T;
  });
}

interface Settings {
  samples: number | null;
  temperature: number;
  topK: number | null;
  topP: number;
  seed: Seed;
}

function checkCount(name: string, count: number | null): number | null {
  if (count === null || (Number.isSafeInteger(count) && count > 0)) return count;
  throw mustBe(OP, name, 'a whole number from 1 on', count, 'Leave it out if not needed.');
}

function drawnAlong(x: Tensor, axis: number, mask: Tensor | null, settings: Settings): Tensor {
  const {outer, n, inner} = rowsAlong(x.shape, axis);
  const count = settings.samples ?? 1;
  const shape = reducedShape(x.shape, axis, false);
  if (settings.samples !== null) shape.splice(axis, 0, count);
  checkElements(OP, 'the result', shape);
  checkClasses(OP, n);
  if (outer * n * inner === 0) return tf.fill(shape, -1, 'int32');
  const logits = mask ? select(mask, x, Number.NEGATIVE_INFINITY) : x;
  const drawn = drawnInRows(exchanged(logits, outer, n, inner, [outer * inner, n]), count, settings);
  // Integers last: tfjs's transpose of them does not compile on webgpu.
  return tf.cast(exchanged(drawn, outer, inner, count, shape), 'int32');
}

/** [outer, a, b] as [outer, b, a], in that shape. */
function exchanged(x: Tensor, outer: number, a: number, b: number, shape: number[]): Tensor {
  return tf.reshape(a === 1 || b === 1 ? x : tf.transpose(tf.reshape(x, [outer, a, b]), [0, 2, 1]), shape);
}

/** Of rows [rows, n] that have elements: classes as floats, [rows, count]. */
function drawnInRows(logits: Tensor, count: number, settings: Settings): Tensor {
  const logSum = runKernel(LOG_SUM_EXP, {logits}, {axis: 1, scale: 1, keepDims: true});
  const {candidates, classes} = kept(logits, settings);
  const drawn =
    settings.temperature === 0 ? likeliest(candidates, classes) : noisiest(candidates, classes, count, settings);
  return tf.tile(tf.where(tf.isFinite(logSum), drawn, tf.scalar(-1)), [1, count / drawn.shape[1]!]);
}

/** What topK and topP leave of each row, and which classes these are: floats that broadcast to them. */
function kept(logits: Tensor, {topK, topP, temperature}: Settings): {candidates: Tensor; classes: Tensor} {
  const n = logits.shape[1]!;
  const k = Math.min(topK ?? n, n);
  // At temperature 0 the first of the likeliest is drawn, which both leave.
  if (temperature === 0 || (k === n && (topP === 1 || n === 1))) {
    return {candidates: logits, classes: tf.reshape(tf.range(0, n, 1, 'float32'), [1, n])};
  }
  // Sorted; of equal ones the first comes first.
  const {values, indices} = tf.topk(logits, k);
  const candidates = topP === 1 || k === 1 ? values : nucleus(values, topP, temperature);
  return {candidates, classes: floats(tf.cast(indices, 'float32'))};
}

/** A sum of probabilities this near to topP has reached it: rounding must not decide. */
const REACHED = 1e-6;

/** Of rows of logits that decrease, those that topP leaves; the others are -Infinity. The first always stays. */
function nucleus(logits: Tensor, topP: number, temperature: number): Tensor {
  const scale = Math.min(1 / temperature, LARGEST_SCALE);
  const probabilities = runKernel(SOFTMAX, {logits}, {axis: 1, scale, keepDims: false});
  const isKept = tf.less(sumsBefore(probabilities), Math.max(topP - REACHED, 1e-30));
  return select(isKept, logits, Number.NEGATIVE_INFINITY);
}

/** For each element of rows, the sum of those before it: block by block, so that rounding adds up over few. */
function sumsBefore(x: Tensor): Tensor {
  const [rows, n] = x.shape as [number, number];
  if (n <= BLOCK) return tf.cumsum(x, 1, true);
  const blocks = Math.ceil(n / BLOCK);
  const padded = tf.pad(x, [
    [0, 0],
    [0, blocks * BLOCK - n],
  ]);
  const inBlocks = tf.reshape(padded, [rows, blocks, BLOCK]);
  const before = tf.cumsum(tf.sum(inBlocks, 2, true), 1, true);
  const sums = tf.add(tf.cumsum(inBlocks, 2, true), before);
  return tf.slice(tf.reshape(sums, [rows, blocks * BLOCK]), [0, 0], [rows, n]);
}

const BLOCK = 128;

function likeliest(candidates: Tensor, classes: Tensor): Tensor {
  return tf.reshape(leastMaximal(candidates, 1, classes), [candidates.shape[0]!, 1]);
}

/** The classes at which candidates / temperature + noise are maximal, [rows, count]. */
function noisiest(candidates: Tensor, classes: Tensor, count: number, {temperature, seed}: Settings): Tensor {
  // Either the logits or the noise are made smaller, so that nothing overflows.
  const below = belowMaximum(candidates, 1);
  const logits = temperature > 1 ? tf.mul(below, Math.max(1 / temperature, SMALLEST_SCALE)) : below;
  const noise = {seed, scale: Math.min(temperature, 1)};
  const onCpu = implementationOn(tf.getBackend()).facts?.gpu === false;
  return (onCpu ? noisiestOnCpu : noisiestByOps)(logits, classes, count, noise);
}

interface Noise {
  seed: Seed;
  scale: number;
}

/** Where tensors can be read at once, one row of noise is kept at a time. */
function noisiestOnCpu(logits: Tensor, classes: Tensor, count: number, {seed, scale}: Noise): Tensor {
  const [rows, n] = logits.shape as [number, number];
  const x = logits.dataSync();
  const classAt = classes.dataSync();
  const drawn = new Float32Array(rows * count);
  const noisy = new Float32Array(n);
  for (let row = 0; row < rows; row++) {
    const classesFrom = classes.shape[0] === 1 ? 0 : row * n;
    for (let sample = 0; sample < count; sample++) {
      fillWithGumbels(noisy, 0, 1, n, {seed, row, sample}, scale);
      let best = Number.NEGATIVE_INFINITY;
      let least = -1;
      for (let j = 0; j < n; j++) {
        const value = Math.fround(noisy[j]! + x[row * n + j]!);
        const candidate = classAt[classesFrom + j]!;
        if (value > best || (value === best && candidate < least)) {
          best = value;
          least = candidate;
        }
      }
      drawn[row * count + sample] = least;
    }
  }
  return tf.tensor2d(drawn, [rows, count]);
}

/** Noise takes at most 16 MiB at a time, unless one sample of all rows takes more. */
const MOST_NOISE = 2 ** 22;

function noisiestByOps(logits: Tensor, classes: Tensor, count: number, {seed, scale}: Noise): Tensor {
  const [rows, n] = logits.shape as [number, number];
  const atOnce = Math.max(Math.floor(MOST_NOISE / (rows * n)), 1);
  const parts: Tensor[] = [];
  for (let from = 0; from < count; from += atOnce) {
    const samples = Math.min(atOnce, count - from);
    const noise = new Float32Array(rows * samples * n);
    for (let i = 0; i < rows * samples; i++) {
      const stream = {seed, row: Math.floor(i / samples), sample: from + (i % samples)};
      fillWithGumbels(noise, i * n, 1, n, stream, scale);
    }
    const part = tf.tidy(() => {
      const noisy = tf.add(tf.reshape(logits, [rows, 1, n]), tf.tensor3d(noise, [rows, samples, n]));
      return leastMaximal(noisy, 2, tf.reshape(classes, [classes.shape[0]!, 1, n]));
    });
    parts.push(part);
  }
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 1);
}

export const categoricalOp: Op = {
  run: categorical,
  parameters: ['logits', 'axis', 'options'],
  options: ['samples', 'temperature', 'topK', 'topP', 'mask', 'seed'],
  kernels: [],
};
