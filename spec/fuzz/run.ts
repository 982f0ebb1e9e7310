import * as tf from '@tensorflow/tfjs-core';
import * as family from '../../index';
import type {FuzzCase, FuzzOutcome, Given} from './case';
import {makeWrong} from './wrong';

/** Runs a case on the active backend, and looks whether anything of tfjs is another than before. */
export async function runCase(fuzzed: FuzzCase): Promise<FuzzOutcome> {
  const outcome: FuzzOutcome = {result: null, error: null, changes: []};
  const atFirst = stateOfTfjs();
  tf.engine().startScope('fuzz');
  const {call, inputs} = prepared(fuzzed);
  // Between these two there is no scope that would tidy up after the op.
  const before = stateOfTfjs();
  try {
    const result = call();
    if (!(result instanceof tf.Tensor)) throw new Error(`the result is ${typeof result}, not a tensor`);
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
function prepared(fuzzed: FuzzCase): {call: () => tf.Tensor; inputs: Input[]} {
  const inputs: Input[] = [];
  const {op, mistake, axis, scale, keepDims, offset, loss} = fuzzed;
  const make = (argument: string, given: Given | null, otherwise: unknown = undefined): unknown => {
    if (mistake?.argument === argument) return makeWrong(mistake.wrong, given ?? fuzzed.logits);
    if (!given) return otherwise;
    const value = materialised(given);
    if (value instanceof tf.Tensor) inputs.push({tensor: value, given});
    return value;
  };
  const x = make(op === 'softmaxInverse' ? 'probabilities' : 'logits', fuzzed.logits) as tf.Tensor;
  const along = plain('axis', axis);
  if (op === 'softmaxCrossEntropy') {
    const {labelSmoothing, ignoreIndex, reduction, weights, classWeights, labels} = loss!;
    const chosen = {
      ...{
        axis: along,
        labelSmoothing: plain('labelSmoothing', labelSmoothing),
        reduction: plain('reduction', reduction),
      },
      ignoreIndex: plain('ignoreIndex', ignoreIndex),
      weights: make('weights', weights),
      classWeights: make('classWeights', classWeights),
    };
    const given = mistake?.argument === 'indices' ? make('indices', labels) : make('labels', labels);
    const lossOptions = plain('options', chosen) as never;
    const losses = (logits: tf.Tensor) => family.softmaxCrossEntropy(given as tf.Tensor, logits, lossOptions);
    if (!fuzzed.gradient) return {inputs, call: () => losses(x)};
    const cotangent = make('cotangent', fuzzed.vector) as tf.Tensor;
    return {inputs, call: () => tf.grad(losses)(x, cotangent)};
  }
  const options = plain('options', {
    scale: plain('scale', scale),
    mask: make('mask', fuzzed.mask, null) as tf.Tensor | null,
    offset: plain('offset', offset),
  });
  const keeps = plain('keepDims', keepDims);
  const vector = fuzzed.vector && (make(op.endsWith('Jvp') ? 'tangent' : 'cotangent', fuzzed.vector) as tf.Tensor);
  const f = (logits: tf.Tensor): tf.Tensor => {
    switch (op) {
      case 'softmax':
        return family.softmax(logits, along, options);
      case 'softmin':
        return family.softmin(logits, along);
      case 'logSoftmax':
        return family.logSoftmax(logits, along, options);
      case 'logSumExp':
        return family.logSumExp(logits, along, keeps, options);
      case 'softmaxInverse':
        return family.softmaxInverse(logits, along, options);
      case 'softmaxJacobian':
        return family.softmaxJacobian(logits, along);
      case 'logSoftmaxJacobian':
        return family.logSoftmaxJacobian(logits, along);
      case 'tf.softmax':
        return whileInstalled(() => tf.softmax(logits));
      case 'tf.logSoftmax':
        return whileInstalled(() => tf.logSoftmax(logits));
      case 'tf.logSumExp':
        return whileInstalled(() => tf.logSumExp(logits, -1, keepDims));
      default:
        return PRODUCT_OPS[op](logits, vector as tf.Tensor, along, options);
    }
  };
  if (!fuzzed.gradient) return {inputs, call: () => f(x)};
  return {inputs, call: () => tf.grad(f)(x, vector as tf.Tensor)};

  /** An argument as it is, or what is wrong in its place. */
  function plain<T>(argument: string, value: T): T {
    return mistake?.argument === argument ? (makeWrong(mistake.wrong, fuzzed.logits) as T) : value;
  }
}

const PRODUCT_OPS = {
  softmaxJvp: family.softmaxJvp,
  softmaxVjp: family.softmaxVjp,
  logSoftmaxJvp: family.logSoftmaxJvp,
  logSoftmaxVjp: family.logSoftmaxVjp,
};

function whileInstalled(action: () => tf.Tensor): tf.Tensor {
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
    flags: JSON.stringify(knownFlags()),
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

function knownFlags(): unknown[] {
  const flags = tf.env().getFlags() as Record<string, unknown>;
  known ??= Object.keys(flags);
  return known.map((name) => flags[name]);
}
