import * as tf from '@tensorflow/tfjs-core';
import * as family from '../../index';
import type {Option, Parameter} from '../../kernels/op';
import {callByName} from '../hosts/call';
import {type FuzzCase, type FuzzOutcome, type Given, type LayerArguments, recordOf} from './case';
import {makeWrong} from './wrong';

export interface RunOptions {
  /** These are the logits, whatever the case has for them. */
  logits?: tf.Tensor;
  /** Runs the call, in a way of its own. */
  within?: (call: () => tf.Tensor) => tf.Tensor;
  /** Has the result before anybody reads it. */
  unread?: (result: tf.Tensor) => Promise<void>;
}

/** Runs a case on the active backend, and looks whether anything of tfjs is another than before. */
export async function runCase(
  fuzzed: FuzzCase,
  {logits, within = (call) => call(), unread}: RunOptions = {},
): Promise<FuzzOutcome> {
  const outcome: FuzzOutcome = {result: null, error: null, changes: []};
  const atFirst = stateOfTfjs();
  tf.engine().startScope('fuzz');
  const {call, inputs} = prepared(fuzzed, logits);
  // Between these two there is no scope that would tidy up after the op.
  const before = stateOfTfjs();
  try {
    const result = within(call);
    if (!(result instanceof tf.Tensor)) throw new Error(`the result is ${typeof result}, not a tensor`);
    await unread?.(result);
    outcome.result = {values: (await result.data()).slice(), shape: result.shape, dtype: result.dtype};
    result.dispose();
  } catch (error) {
    const isError = error instanceof Error;
    outcome.error = {name: isError ? error.name : typeof error, message: isError ? error.message : String(error)};
  }
  outcome.changes = [...(await changesOf(inputs)), ...differences(before, stateOfTfjs())];
  tf.engine().endScope();
  outcome.changes.push(...differences(atFirst, stateOfTfjs()));
  return outcome;
}

interface Input {
  tensor: tf.Tensor;
  given: Given;
}

async function changesOf(inputs: Input[]): Promise<string[]> {
  const changes: string[] = [];
  for (const {tensor, given} of inputs) {
    if (tensor.isDisposed) {
      changes.push('an input is disposed');
      continue;
    }
    const values = await tensor.data();
    const same = values.every((value, i) => Object.is(value, given.values[i]));
    if (!same) changes.push(`an input of shape [${given.shape}] has other values`);
  }
  return changes;
}

/** Makes the arguments; returns what calls the op with them. */
function prepared(fuzzed: FuzzCase, logits?: tf.Tensor): {call: () => tf.Tensor; inputs: Input[]} {
  const inputs: Input[] = [];
  const {op, mistake, axis, scale, keepDims, offset, loss, sampling} = fuzzed;
  const make = (argument: string, given: Given | null, otherwise: unknown = undefined): unknown => {
    if (mistake?.argument === argument) return makeWrong(mistake.wrong, given ?? fuzzed.logits);
    if (!given) return otherwise;
    if (logits && given === fuzzed.logits) return logits;
    const value = materialised(given);
    if (value instanceof tf.Tensor) inputs.push({tensor: value, given});
    return value;
  };
  const record = recordOf(op);
  const optionsOf: Record<Option, () => unknown> = {
    scale: () => plain('scale', scale),
    mask: () => make('mask', fuzzed.mask, null),
    offset: () => plain('offset', offset),
    axis: () => plain('axis', axis),
    labelSmoothing: () => plain('labelSmoothing', loss!.labelSmoothing),
    classWeights: () => make('classWeights', loss!.classWeights),
    weights: () => make('weights', loss!.weights),
    ignoreIndex: () => plain('ignoreIndex', loss!.ignoreIndex),
    reduction: () => plain('reduction', loss!.reduction),
    samples: () => plain('samples', sampling!.samples),
    temperature: () => plain('temperature', sampling!.temperature),
    topK: () => plain('topK', sampling!.topK),
    topP: () => plain('topP', sampling!.topP),
    hard: () => plain('hard', sampling!.hard),
    seed: () => plain('seed', sampling!.seed),
  };
  const argumentOf: Record<Parameter, () => unknown> = {
    logits: () => make('logits', fuzzed.logits),
    probabilities: () => make('probabilities', fuzzed.logits),
    labels: () => make(mistake?.argument === 'indices' ? 'indices' : 'labels', loss!.labels),
    tangent: () => make('tangent', fuzzed.vector),
    cotangent: () => make('cotangent', fuzzed.vector),
    axis: () => plain('axis', axis),
    keepDims: () => plain('keepDims', keepDims),
    options: () => plain('options', Object.fromEntries(record!.options!.map((name) => [name, optionsOf[name]()]))),
  };
  if (fuzzed.layer) return {inputs, call: ofLayer(fuzzed.layer)};
  if (!record) {
    const x = make('logits', fuzzed.logits) as tf.Tensor;
    return {inputs, call: differentiable((logits) => whileInstalled(() => INSTALLED_OPS[op]!(logits, keepDims)), x)};
  }
  const given = Object.fromEntries(record.parameters.map((name) => [name, argumentOf[name]()]));
  if (!fuzzed.gradient) return {inputs, call: () => callByName(record, given)};
  return {inputs, call: differentiable((logits) => callByName(record, {...given, logits}), given.logits as tf.Tensor)};

  function ofLayer({weights, bias, chunkRows, of}: LayerArguments): () => tf.Tensor {
    const given = {
      hidden: make('hidden', fuzzed.logits) as tf.Tensor,
      weights: make('weights', weights) as tf.Tensor,
      bias: make('bias', bias, null) as tf.Tensor,
    };
    const labels = argumentOf.labels() as tf.Tensor;
    const further = {
      ...Object.fromEntries(OF_LAYER.map((name) => [name, optionsOf[name]()])),
      ...{weights: make('weights of rows', loss!.weights) as tf.Tensor, chunkRows: plain('chunkRows', chunkRows)},
    };
    return differentiable((x) => {
      const {hidden, weights, bias}: typeof given = {...given, [of]: x};
      return family.linearCrossEntropy(hidden, weights, labels, plain('options', {...further, bias}));
    }, given[of]);
  }

  function differentiable(f: (logits: tf.Tensor) => tf.Tensor, x: tf.Tensor): () => tf.Tensor {
    if (!fuzzed.gradient) return () => f(x);
    const cotangent = make('cotangent', fuzzed.vector) as tf.Tensor;
    return () => tf.grad(f)(x, cotangent);
  }

  /** An argument as it is, or what is wrong in its place. */
  function plain<T>(argument: string, value: T): T {
    return mistake?.argument === argument ? (makeWrong(mistake.wrong, fuzzed.logits) as T) : value;
  }
}

/** The options that a layer's loss has as any loss. */
const OF_LAYER = ['labelSmoothing', 'classWeights', 'ignoreIndex', 'reduction'] as const;

const INSTALLED_OPS: Record<string, (logits: tf.Tensor, keepDims: boolean) => tf.Tensor> = {
  'tf.softmax': (logits) => tf.softmax(logits),
  'tf.logSoftmax': (logits) => tf.logSoftmax(logits),
  'tf.logSumExp': (logits, keepDims) => tf.logSumExp(logits, -1, keepDims),
};

/** Whether a program has called install() and not yet uninstall(). */
let installed = false;

export function setInstalled(now: boolean): void {
  if (now) family.install();
  else family.uninstall();
  installed = now;
}

function whileInstalled(action: () => tf.Tensor): tf.Tensor {
  if (installed) return action();
  family.install();
  try {
    return action();
  } finally {
    family.uninstall();
  }
}

function materialised({as, dtype, shape, values}: Given): unknown {
  if (as === 'tensor') return tf.tensor(dtype === 'bool' ? values.map(Boolean) : values, shape, dtype);
  if (as === 'array') return nested(shape, dtype === 'bool' ? values.map(Boolean) : values);
  if (dtype === 'int32') return Int32Array.from(values);
  return dtype === 'bool' ? Uint8Array.from(values) : Float32Array.from(values);
}

function nested(shape: number[], values: unknown[]): unknown {
  const [length, ...rest] = shape;
  if (length === undefined) return values[0];
  const size = values.length / Math.max(length, 1);
  return Array.from({length}, (_, i) => nested(rest, values.slice(i * size, (i + 1) * size)));
}

/** What no call may change, each as something to compare by ===. */
function stateOfTfjs(): Record<string, unknown> {
  const tfjs = tf.engine();
  const {numTensors, numDataBuffers, numBytes} = tfjs.memory();
  const {scopeStack, activeScope, gradientDepth, kernelDepth, profiling} = tfjs.state;
  return {
    ...{tensors: numTensors, buffers: numDataBuffers, bytes: numBytes},
    ...{scopes: scopeStack.length, scope: activeScope ?? null, gradientDepth, kernelDepth, profiling},
    backend: tfjs.backendName,
    backends: tfjs.backendNames().join(),
    flags: knownFlags(),
    runKernel: tfjs.runKernel,
    customGrad: tfjs.customGrad,
  };
}

function differences(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  return Object.keys(before).flatMap((key) => {
    const [was, is] = [before[key], after[key]];
    return was === is ? [] : [`${key}: ${String(was)} before, ${String(is)} after`];
  });
}

/** Flags that were asked for before the first case; tfjs finds out others when it needs them. */
let known: string[] | undefined;
/** Their values, all that there have been: few, and quicker to compare than to write out. */
const settings: unknown[][] = [];

/** The same array for the same values. */
function knownFlags(): unknown[] {
  const flags = tf.env().getFlags() as Record<string, unknown>;
  known ??= Object.keys(flags);
  const names = known;
  const found = settings.find((values) => names.every((name, i) => values[i] === flags[name]));
  if (found) return found;
  settings.push(names.map((name) => flags[name]));
  return settings.at(-1)!;
}
