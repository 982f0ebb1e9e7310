import * as tf from '@tensorflow/tfjs-core';
import * as family from '../../index';
import {recordKernels} from './kernels';

/** One use of a public op, as pure data: the same in this process, in a browser page, or in another process. */
export interface Call {
  op:
    | 'softmax'
    | 'logSoftmax'
    | 'logSumExp'
    | 'softmaxJvp'
    | 'softmaxVjp'
    | 'logSoftmaxJvp'
    | 'logSoftmaxVjp'
    /** Their gradients by tf.grad, with `vector` as the cotangent. */
    | 'gradSoftmax'
    | 'gradLogSoftmax'
    | 'gradLogSumExp'
    /** tf.grad of tf.grad: the gradient of ⟨gradient with cotangent `vector`, vector2⟩. */
    | 'gradGradSoftmax'
    | 'gradGradLogSoftmax'
    | 'gradGradLogSumExp'
    /** The losses of each row, and their gradients in the logits and in the labels, with `vector` as the cotangent. */
    | 'crossEntropy'
    | 'gradCrossEntropy'
    | 'gradCrossEntropyOfLabels'
    /** Their mean, and its gradients, with the one number of `vector` as the cotangent. */
    | 'meanCrossEntropy'
    | 'gradMeanCrossEntropy';
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
  run(call: Call | LabelledCall): Promise<Outcome>;
}

/** Runs a call on the active backend. */
export async function runCall(call: Call | LabelledCall): Promise<Outcome> {
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

function evaluate(call: Call | LabelledCall, logits: tf.Tensor): tf.Tensor {
  if ('labels' in call) return crossEntropy(call, logits);
  const {op, axis = -1, scale = 1} = call;
  const mask = maskOf(call);
  const vectorOf = (values: Float32Array | undefined, shape: number[]) => {
    if (!values) throw new Error(`${op} needs a vector`);
    return tf.tensor(values, shape);
  };
  const vector = () => vectorOf(call.vector, call.shape);
  switch (op) {
    case 'softmax':
      return family.softmax(logits, axis, {scale, mask});
    case 'logSoftmax':
      return family.logSoftmax(logits, axis, {scale, mask});
    case 'logSumExp':
      return family.logSumExp(logits, axis, false, {mask});
    case 'softmaxJvp':
      return family.softmaxJvp(logits, vector(), axis, {scale});
    case 'softmaxVjp':
      return family.softmaxVjp(logits, vector(), axis, {scale});
    case 'logSoftmaxJvp':
      return family.logSoftmaxJvp(logits, vector(), axis, {scale});
    case 'logSoftmaxVjp':
      return family.logSoftmaxVjp(logits, vector(), axis, {scale});
    default:
      return derivative(call, logits, vectorOf);
  }
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

function maskOf({mask}: Call): tf.Tensor | null {
  return mask ? tf.tensor(mask.values, mask.shape, 'bool') : null;
}

function derivative(
  call: Call,
  logits: tf.Tensor,
  vectorOf: (values: Float32Array | undefined, shape: number[]) => tf.Tensor,
): tf.Tensor {
  const {op, axis = -1, scale = 1, vector, vector2, shape} = call;
  const mask = maskOf(call);
  const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    Softmax: (x) => family.softmax(x, axis, {scale, mask}),
    LogSoftmax: (x) => family.logSoftmax(x, axis, {scale, mask}),
    LogSumExp: (x) => family.logSumExp(x, axis, false, {mask}),
  };
  const f = functions[op.replace(/^(grad)+/i, '')]!;
  const first = tf.grad(f);
  const cotangent = vectorOf(vector, f(logits).shape);
  if (!op.startsWith('gradGrad')) return first(logits, cotangent);
  return tf.grad((x) => first(x, cotangent))(logits, vectorOf(vector2, shape));
}
