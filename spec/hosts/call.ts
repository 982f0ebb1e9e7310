import * as tf from '@tensorflow/tfjs-core';
import * as family from '../../index';
import type {Op, Option, Parameter} from '../../kernels/op';
import {FORWARD, type ForwardName, GRADIENTS, type GradientName, PRODUCTS, type ProductName} from '../../kernels/table';
import type {LinearCase} from '../cases/linear';
import type {FuzzCase, FuzzOutcome} from '../fuzz/case';
import {recordKernels} from './kernels';

/** One use of a public op, as pure data: the same in this process, in a browser page, or in another process. */
export interface Call {
  op:
    | ForwardName
    | ProductName
    /** Gradients by tf.grad, with `vector` as the cotangent. */
    | GradientName
    /** tf.grad of tf.grad: the gradient of ⟨gradient with cotangent `vector`, vector2⟩. */
    | `grad${Capitalize<GradientName>}`
    | 'gradGradEntropy'
    /** The losses of each row, and their gradients in the logits and in the labels, with `vector` as the cotangent. */
    | 'crossEntropy'
    | 'gradCrossEntropy'
    | 'gradCrossEntropyOfLabels'
    /** Their mean, and its gradients, with the one number of `vector` as the cotangent. */
    | 'meanCrossEntropy'
    | 'gradMeanCrossEntropy'
    /** The same of a last layer; its gradients in hidden, weights and bias, one after another; that of ⟨the first, vector2⟩. */
    | 'linearCrossEntropy'
    | 'gradLinearCrossEntropy'
    | 'gradGradLinearCrossEntropy';
  shape: number[];
  /** Bytes are those of a bool tensor. */
  logits: Float32Array | Uint8Array;
  /** The tangent or cotangent. */
  vector?: Float32Array;
  vector2?: Float32Array;
  axis?: number;
  scale?: number;
  /** Not 0 where a logit takes part. */
  mask?: {shape: number[]; values: Uint8Array};
}

/** A call of softmaxCrossEntropy. */
export interface LabelledCall extends Call {
  labels: {shape: number[]; values: Float32Array | Int32Array};
  smoothing: number;
}

/** A call of linearCrossEntropy; its `hidden` are the logits of the call. Without `vector` it is of the mean. */
export interface LinearCall extends Call {
  layer: LinearCase;
  chunkRows: number;
}

export interface Outcome {
  values: Float32Array;
  shape: number[];
  dtype: string;
  /** Kernels of the family that ran, in order. */
  kernels: string[];
  backend: string;
  /** Tensors and data buffers left behind, beyond what was there before: 0. */
  leaked: {tensors: number; buffers: number};
}

/** Where calls are run: one tfjs backend in this process, or in a page. */
export interface Host {
  /** For people: backend and build. */
  name: string;
  run(call: Call | LabelledCall | LinearCall): Promise<Outcome>;
  /** Any call of any op of the family, as fuzzing has it. */
  runCase(fuzzed: FuzzCase): Promise<FuzzOutcome>;
}

/** Runs a call on the active backend. */
export async function runCall(call: Call | LabelledCall | LinearCall): Promise<Outcome> {
  const before = tf.memory();
  const [tensors, buffers] = [before.numTensors, before.numDataBuffers];
  const logits = tf.tensor(call.logits, call.shape, call.logits instanceof Uint8Array ? 'bool' : 'float32');
  const {result, kernels} = recordKernels(() => tf.tidy(() => evaluate(call, logits)));
  const values = (await result.data()) as Float32Array;
  const outcome = {values, shape: result.shape, dtype: result.dtype, kernels, backend: tf.getBackend()};
  result.dispose();
  logits.dispose();
  const after = tf.memory();
  return {...outcome, leaked: {tensors: after.numTensors - tensors, buffers: after.numDataBuffers - buffers}};
}

function evaluate(call: Call | LabelledCall | LinearCall, logits: tf.Tensor): tf.Tensor {
  if ('layer' in call) return linearCrossEntropy(call, logits);
  if ('labels' in call) return crossEntropy(call, logits);
  const {op, shape, vector, vector2} = call;
  if (op === 'gradGradEntropy') return secondOfEntropy(call, logits);
  const isSecond = op.startsWith('gradGrad');
  const differentiated = GRADIENTS[(isSecond ? `grad${op.slice('gradGrad'.length)}` : op) as GradientName];
  if (!differentiated) return run(op as ForwardName | ProductName, call, logits, vectorOf(vector, shape));
  const f = (x: tf.Tensor) => run(differentiated, call, x);
  const first = tf.grad(f);
  const cotangent = vectorOf(vector, f(logits).shape);
  if (!isSecond) return first(logits, cotangent!);
  return tf.grad((x) => first(x, cotangent!))(logits, vectorOf(vector2, shape)!);
}

function secondOfEntropy({axis, scale = 1, mask, vector, vector2}: Call, logits: tf.Tensor): tf.Tensor {
  const options = {scale, mask: mask ? tf.tensor(mask.values, mask.shape, 'bool') : null};
  const losses = (x: tf.Tensor) => family.entropy(x, axis, options);
  const cotangent = tf.tensor(vector!, losses(logits).shape);
  return tf.grad((x) => tf.grad(losses)(x, cotangent))(logits, tf.tensor(vector2!, logits.shape));
}

/** An op as its record says: with the options that it has. */
function run(
  name: ForwardName | ProductName,
  {axis = -1, scale = 1, mask}: Call,
  logits: tf.Tensor,
  vector?: tf.Tensor,
) {
  const op = {...FORWARD, ...PRODUCTS}[name];
  const all = {scale, mask: mask ? tf.tensor(mask.values, mask.shape, 'bool') : null};
  const options = Object.fromEntries(Object.entries(all).filter(([option]) => op.options?.includes(option as Option)));
  return callByName(op, {logits, axis, options, tangent: vector, cotangent: vector});
}

/** Calls an op with its arguments by name; what is not given is undefined. */
export function callByName({run, parameters}: Op, args: Partial<Record<Parameter, unknown>>): tf.Tensor {
  return run(...(parameters.map((name) => args[name]) as never[]));
}

function vectorOf(values: Float32Array | undefined, shape: number[]): tf.Tensor | undefined {
  return values && tf.tensor(values, shape);
}

function crossEntropy({op, axis = -1, labels, smoothing, vector}: LabelledCall, logits: tf.Tensor): tf.Tensor {
  const dtype = labels.values instanceof Int32Array ? 'int32' : 'float32';
  const labelTensor = tf.tensor(labels.values, labels.shape, dtype);
  const losses = (l: tf.Tensor, x: tf.Tensor) =>
    family.softmaxCrossEntropy(l, x, {
      axis,
      labelSmoothing: smoothing,
      reduction: op === 'meanCrossEntropy' || op === 'gradMeanCrossEntropy' ? 'mean' : 'none',
    });
  const values = losses(labelTensor, logits);
  if (op === 'crossEntropy' || op === 'meanCrossEntropy') return values;
  const cotangent = tf.tensor(vector!, values.shape);
  if (op === 'gradCrossEntropy' || op === 'gradMeanCrossEntropy')
    return tf.grad((x) => losses(labelTensor, x))(logits, cotangent);
  return tf.grad((l) => losses(l, logits))(labelTensor, cotangent);
}

function linearCrossEntropy({op, layer, chunkRows, vector, vector2}: LinearCall, hidden: tf.Tensor): tf.Tensor {
  const {rows, features, classes, smoothing} = layer;
  const labels =
    layer.labels instanceof Int32Array
      ? tf.tensor1d(layer.labels, 'int32')
      : tf.tensor2d(layer.labels, [rows, classes]);
  const weights = tf.tensor2d(layer.weights, [features, classes]);
  const bias = layer.bias && tf.tensor1d(layer.bias);
  const loss = (h: tf.Tensor, w: tf.Tensor, b: tf.Tensor | null) =>
    family.linearCrossEntropy(h, w, labels, {
      ...{bias: b, chunkRows, labelSmoothing: smoothing, reduction: vector ? ('none' as const) : ('mean' as const)},
    });
  if (op === 'linearCrossEntropy') return loss(hidden, weights, bias);
  const cotangent = vector && tf.tensor1d(vector);
  if (op === 'gradGradLinearCrossEntropy') {
    const gradient = (h: tf.Tensor) => tf.grad((x) => loss(x, weights, bias))(h, cotangent);
    return tf.grad(gradient)(hidden, tf.tensor2d(vector2!, [rows, features]));
  }
  const f = (h: tf.Tensor, w: tf.Tensor, b?: tf.Tensor) => loss(h, w, b ?? null);
  const gradients = tf.grads(f as (...xs: tf.Tensor[]) => tf.Tensor)(
    bias ? [hidden, weights, bias] : [hidden, weights],
    cotangent,
  );
  return tf.concat(gradients.map((gradient) => tf.reshape(gradient, [gradient.size])));
}
