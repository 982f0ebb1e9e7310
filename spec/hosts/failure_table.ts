import * as tf from '@tensorflow/tfjs-core';
import * as family from '../../index';
import {failNth} from './failing';

/** What was made to fail, and what came of it. */
export interface FailureTable {
  /** Everything that was asked for, sorted, and how often it was made to fail. */
  points: Record<string, number>;
  /** How many of the failures were got round, and how many became errors. */
  gotRound: number;
  errors: number;
  /** What is wrong, for people. */
  wrong: string[];
}

interface FailureOptions {
  only: string[];
  most: number;
  actions: Record<string, () => tf.Tensor>;
}

const LOGITS = Float32Array.from({length: 12 * 40}, (_, i) => ((i * 37) % 101) / 10 - 5);
const CLASSES = Int32Array.from({length: 12}, (_, i) => (i * 7) % 40);

/** Forward passes, gradients, losses, and tfjs's own ops under install(): each makes its inputs, and tidies up. */
const ACTIONS: Record<string, () => tf.Tensor> = {
  softmax: () => family.softmax(logits()),
  'softmax along axis 0': () => family.softmax(logits(), 0),
  'masked logSoftmax': () => family.logSoftmax(logits(), -1, {mask: tf.greater(logits(), -4)}),
  logSumExp: () => family.logSumExp(logits()),
  softmaxJvp: () => family.softmaxJvp(logits(), logits()),
  'softmax of a long row': () => family.softmax(tf.tensor1d(longRow())),
  'gradient of softmax': () => tf.grad((x) => family.softmax(x))(logits(), logits()),
  'gradient of logSoftmax': () => tf.grad((x) => family.logSoftmax(x))(logits(), logits()),
  'gradient of masked softmax': () =>
    tf.grad((x) => family.softmax(x, -1, {mask: tf.greater(logits(), -4)}))(logits(), logits()),
  softmaxCrossEntropy: () => family.softmaxCrossEntropy(tf.softmax(logits()), logits()),
  'gradient of sparse softmaxCrossEntropy': () =>
    tf.grad((x) => family.softmaxCrossEntropy(tf.tensor1d(CLASSES, 'int32'), x))(logits()),
  'tf.softmax after install()': () => installed(() => tf.softmax(logits())),
  'gradient of tf.logSoftmax after install()': () =>
    installed(() => tf.grad((x) => tf.logSoftmax(x))(logits(), logits())),
};

/** Those that ask for much: of small tensors, since each point takes two calls. */
const OF_MANY_KERNELS: Record<string, () => tf.Tensor> = {
  entropy: () => family.entropy(small()),
  'gradient of masked entropy': () =>
    tf.grad((x) => family.entropy(x, -1, {scale: 2, mask: tf.greater(small(), -4)}))(small()),
  gumbelSoftmax: () => family.gumbelSoftmax(small(), -1, {seed: 1, temperature: 0.5}),
  'gradient of hard, masked gumbelSoftmax': () =>
    tf.grad((x) => family.gumbelSoftmax(x, 0, {seed: 1, hard: true, mask: tf.greater(small(), -4)}))(small(), small()),
  categorical: () => tf.cast(family.categorical(small(), -1, {seed: 1, samples: 3}), 'float32'),
  'masked categorical with topK and topP': () =>
    tf.cast(family.categorical(small(), 0, {seed: 1, topK: 3, topP: 0.9, mask: tf.greater(small(), -4)}), 'float32'),
  'softmax along axes that are apart': () => family.softmax(cube(), [0, 2]),
  'gradient of masked logSoftmax along axes that are apart': () =>
    tf.grad((x) => family.logSoftmax(x, [0, 2], {mask: tf.greater(cube(), -4)}))(cube(), cube()),
  'gradient of logSumExp along two axes': () => tf.grad((x) => family.logSumExp(x, [1, 2], true))(cube()),
  'softmaxCrossEntropy, classes weighted and smoothed': () =>
    family.softmaxCrossEntropy(classes(), small(), {classWeights: perClass(), labelSmoothing: 0.1, ignoreIndex: 5}),
  'gradient of softmaxCrossEntropy, classes weighted and smoothed': () =>
    tf.grad((x) => family.softmaxCrossEntropy(tf.softmax(small()), x, {classWeights: perClass(), labelSmoothing: 0.1}))(
      small(),
    ),
  'gradient of softmaxCrossEntropy, rows weighted': () =>
    tf.grad((x) => family.softmaxCrossEntropy(classes(), x, {weights: perRow()}))(small()),
  linearCrossEntropy: () => family.linearCrossEntropy(hidden(), layer(), classes(), {bias: perClass(), chunkRows: 3}),
  'gradients of weighted linearCrossEntropy': () => gradientsOfLayer({chunkRows: 3, weights: perRow()}),
  'gradients of linearCrossEntropy, row by row': () => gradientsOfLayer({chunkRows: 3, reduction: 'none'}, perRow()),
  'second derivative of linearCrossEntropy': () =>
    tf.grad((h) => tf.grad((x) => family.linearCrossEntropy(x, layer(), classes(), {chunkRows: 3}))(h))(
      hidden(),
      hidden(),
    ),
};

/** Their names. */
export const MANY_KERNELS = Object.keys(OF_MANY_KERNELS);

function logits(): tf.Tensor2D {
  return tf.tensor2d(LOGITS, [12, 40]);
}

function small(): tf.Tensor2D {
  return tf.tensor2d(LOGITS.slice(0, 4 * 6), [4, 6]);
}

function cube(): tf.Tensor3D {
  return tf.tensor3d(LOGITS.slice(0, 2 * 3 * 4), [2, 3, 4]);
}

function classes(): tf.Tensor1D {
  return tf.tensor1d([3, 0, 5, 1], 'int32');
}

function perRow(): tf.Tensor1D {
  return tf.tensor1d([1, 0, 0.5, 2]);
}

function perClass(): tf.Tensor1D {
  return tf.tensor1d([1, 2, 0.5, 0, 3, 1.5]);
}

function hidden(): tf.Tensor2D {
  return tf.tensor2d(LOGITS.slice(7, 7 + 4 * 3), [4, 3]);
}

function layer(): tf.Tensor2D {
  return tf.tensor2d(LOGITS.slice(0, 3 * 6), [3, 6]);
}

/** Those in hidden, weights and bias, one after another. */
function gradientsOfLayer(options: family.LinearCrossEntropyOptions, cotangent?: tf.Tensor): tf.Tensor {
  const loss = (h: tf.Tensor, w: tf.Tensor, bias: tf.Tensor) =>
    family.linearCrossEntropy(h, w, classes(), {...options, bias});
  const gradients = tf.grads(loss)([hidden(), layer(), perClass()], cotangent);
  return tf.concat(gradients.map((gradient) => tf.reshape(gradient, [gradient.size])));
}

/** Longer than what staging has memory for at first. */
function longRow(): Float32Array {
  return Float32Array.from({length: 300_000}, (_, i) => LOGITS[i % LOGITS.length]!);
}

function installed<T>(action: () => T): T {
  family.install();
  try {
    return action();
  } finally {
    family.uninstall();
  }
}

/**
 * On the active backend: each thing that an action asks for is made to fail once. What comes then is right, or an error with a
 * message; the same action is right afterwards; and nothing is left behind.
 *
 * @param fresh makes what is kept from call to call be asked for again: memories, modules, programs
 * @param only which actions, by name
 * @param most how many things at most of those that an action asks for, spread evenly over them
 */
export async function failureTable(
  fresh: () => void | Promise<void>,
  {only, most = Number.POSITIVE_INFINITY, actions = {...ACTIONS, ...OF_MANY_KERNELS}}: Partial<FailureOptions> = {},
): Promise<FailureTable> {
  const table: FailureTable = {points: {}, gotRound: 0, errors: 0, wrong: []};
  for (const [name, action] of Object.entries(actions)) {
    if (only && !only.includes(name)) continue;
    const expected = await valuesOf(action);
    await fresh();
    const all = failNth(Number.POSITIVE_INFINITY, () => tf.tidy(action));
    all.result().dispose();
    const step = Math.max(all.asked.length / most, 1);
    for (let i = 0; ; i++) {
      const nth = Math.floor(i * step);
      await fresh();
      const before = stateOf();
      const outcome = failNth(nth, () => tf.tidy(action));
      if (outcome.failure === null) {
        outcome.result().dispose();
        break;
      }
      const {failure, inStockKernel, insideBackend, isDropped} = outcome;
      table.points[failure] = (table.points[failure] ?? 0) + 1;
      const complain = (text: string) => table.wrong.push(`${name}, ask ${nth}, ${failure}: ${text}`);
      let result: tf.Tensor | null = null;
      try {
        result = outcome.result();
      } catch (error) {
        table.errors++;
        if (!(error as Error)?.message) complain(`it threw ${String(error)}, without a message`);
      }
      if (result) {
        const different = difference(await result.data(), expected);
        // Where one of tfjs's own kernels computes on with what it did not get, nobody can tell.
        if (different && !inStockKernel && !isDropped) complain(different);
        result.dispose();
        table.gotRound++;
      }
      releaseTape();
      const after = stateOf();
      const isSame =
        inStockKernel || insideBackend
          ? after.tensors === before.tensors && after.rest === before.rest
          : same(before, after);
      if (!isSame) complain(`left behind: ${JSON.stringify(before)} became ${JSON.stringify(after)}`);
      const then = difference(await valuesOf(action), expected);
      if (then) complain(`the next call: ${then}`);
    }
  }
  table.points = Object.fromEntries(Object.entries(table.points).sort(([a], [b]) => (a < b ? -1 : 1)));
  return table;
}

async function valuesOf(action: () => tf.Tensor): Promise<Float32Array> {
  const result = tf.tidy(action);
  const values = (await result.data()).slice() as Float32Array;
  result.dispose();
  return values;
}

/** By another way a result may be another in its last digits. */
function difference(values: ArrayLike<number>, expected: Float32Array): string | null {
  if (values.length !== expected.length) return `${values.length} values, not ${expected.length}`;
  const at = expected.findIndex((e, i) => !(e === values[i] || Math.abs(values[i]! - e) <= 1e-5 * (Math.abs(e) + 0.1)));
  return at < 0 ? null : `element ${at} is ${values[at]}, not ${expected[at]}`;
}

interface State {
  tensors: number;
  buffers: number;
  rest: string;
}

function stateOf(): State {
  const tfjs = tf.engine();
  const {numTensors: tensors} = tfjs.memory();
  const buffers = tfjs.backend.numDataIds(); // the engine does not count what a kernel had only begun
  const {scopeStack, gradientDepth, kernelDepth} = tfjs.state;
  const isWrapped = Object.hasOwn(tfjs, 'runKernel') || Object.hasOwn(tfjs, 'customGrad');
  const rest = [tfjs.backendName, scopeStack.length, gradientDepth, kernelDepth, isWrapped].join();
  return {tensors, buffers, rest};
}

function same(a: State, b: State): boolean {
  return a.tensors === b.tensors && a.buffers === b.buffers && a.rest === b.rest;
}

/** What tfjs saves for a backpropagation it releases at its end, but not where an op throws before: stock ops leave as much. */
export function releaseTape(): void {
  const {state} = tf.engine() as unknown as {state: {activeTape: {saved?: tf.Tensor[]}[] | null}};
  for (const {saved = []} of state.activeTape ?? []) for (const tensor of saved) tensor.dispose();
  state.activeTape = null;
}
