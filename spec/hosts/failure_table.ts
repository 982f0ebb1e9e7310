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

function logits(): tf.Tensor2D {
  return tf.tensor2d(LOGITS, [12, 40]);
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
 */
export async function failureTable(
  fresh: () => void | Promise<void>,
  only?: string[],
  actions = ACTIONS,
): Promise<FailureTable> {
  const table: FailureTable = {points: {}, gotRound: 0, errors: 0, wrong: []};
  for (const [name, action] of Object.entries(actions)) {
    if (only && !only.includes(name)) continue;
    const expected = await valuesOf(action);
    for (let nth = 0; ; nth++) {
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
