import * as tf from '@tensorflow/tfjs-core';
import * as family from '../../index';
import type {Random} from '../cases/random';

/** An op as `checkGradients` gets it: inputs at random, and a function of them. */
export interface CheckedOp {
  inputs(random: Random): tf.Tensor[];
  f: family.Differentiable;
  /** The highest that is right; where it is 1, tfjs's second derivative is missing or wrong: docs/checking-gradients.md. */
  order: 1 | 2;
}

type Shape = number[];

const normal =
  (...shapes: Shape[]) =>
  (random: Random) =>
    shapes.map((shape) => tf.tensor(random.normals(tf.util.sizeFromShape(shape)), shape));
const uniform = (low: number, high: number, shape: Shape) => (random: Random) => [
  tf.tensor(
    Float32Array.from({length: tf.util.sizeFromShape(shape)}, () => random.uniform(low, high)),
    shape,
  ),
];

function op(inputs: CheckedOp['inputs'], f: family.Differentiable, order: 1 | 2 = 2): CheckedOp {
  return {inputs, f, order};
}

const MATRIX = [6, 7];
const logits = normal(MATRIX);
const logitsAndVector = normal(MATRIX, MATRIX);
const labels = (x: tf.Tensor) => family.softmax(x);
const classes = (random: Random) =>
  tf.tensor1d(
    Int32Array.from({length: 6}, () => random.integer(0, 6)),
    'int32',
  );
const KEEP = Array.from({length: 6}, (_, i) => Array.from({length: 7}, (_, j) => (i + 2 * j) % 3 !== 0));

type T = tf.Tensor;

/** All ops of the family. */
export const FAMILY: Record<string, CheckedOp> = {
  softmax: op(logits, (x: T) => family.softmax(x)),
  'softmax, first axis, scaled': op(logits, (x: T) => family.softmax(x, 0, {scale: 0.5})),
  'softmax, masked': op(logits, (x: T) => family.softmax(x, -1, {mask: KEEP})),
  softmin: op(logits, (x: T) => family.softmin(x)),
  logSoftmax: op(logits, (x: T) => family.logSoftmax(x)),
  'logSoftmax, masked': op(logits, (x: T) => family.logSoftmax(x, -1, {mask: KEEP})),
  logSumExp: op(logits, (x: T) => family.logSumExp(x)),
  'logSumExp, masked': op(logits, (x: T) => family.logSumExp(x, 0, true, {mask: KEEP})),
  softmaxJvp: op(logitsAndVector, (x: T, v: T) => family.softmaxJvp(x, v)),
  softmaxVjp: op(logitsAndVector, (x: T, v: T) => family.softmaxVjp(x, v, 0)),
  logSoftmaxJvp: op(logitsAndVector, (x: T, v: T) => family.logSoftmaxJvp(x, v)),
  logSoftmaxVjp: op(logitsAndVector, (x: T, v: T) => family.logSoftmaxVjp(x, v)),
  softmaxJacobian: op(normal([3, 4]), (x: T) => family.softmaxJacobian(x)),
  logSoftmaxJacobian: op(normal([3, 4]), (x: T) => family.logSoftmaxJacobian(x)),
  softmaxInverse: op(uniform(0.1, 1, MATRIX), (p: T) => family.softmaxInverse(p)),
  'softmax, several axes': op(normal([2, 3, 4]), (x: T) => family.softmax(x, [0, 2])),
  'logSumExp, several axes, masked': op(normal([2, 6, 7]), (x: T) => family.logSumExp(x, [2, 1], true, {mask: KEEP})),
  entropy: op(logits, (x: T) => family.entropy(x)),
  'entropy, masked': op(logits, (x: T) => family.entropy(x, 0, {mask: KEEP, scale: 0.5})),
  gumbelSoftmax: op(logits, (x: T) => family.gumbelSoftmax(x, -1, {seed: 1, temperature: 0.8, mask: KEEP})),
  'softmaxCrossEntropy, class weights, smoothed': op(logits, (x: T) =>
    family.softmaxCrossEntropy([0, 1, 2, 3, 4, 5], x, {classWeights: [1, 2, 3, 4, 5, 6, 7], labelSmoothing: 0.1}),
  ),
  softmaxCrossEntropy: op(logitsAndVector, (y: T, x: T) => family.softmaxCrossEntropy(labels(y), x)),
  'softmaxCrossEntropy, smoothed': op(logitsAndVector, (y: T, x: T) =>
    family.softmaxCrossEntropy(labels(y), x, {labelSmoothing: 0.1, reduction: 'none'}),
  ),
  'softmaxCrossEntropy, of classes': op(
    (random) => [...logits(random), classes(random)],
    (x: T, y: T) => family.softmaxCrossEntropy(y, x, {ignoreIndex: 0}),
  ),
};

/** Ops of tfjs, with their derivatives up to the order to which tfjs has them right. */
export const STOCK: Record<string, CheckedOp> = {
  add: op(normal(MATRIX, [7]), (a: T, b: T) => tf.add(a, b)),
  sub: op(normal(MATRIX, MATRIX), (a: T, b: T) => tf.sub(a, b)),
  mul: op(normal(MATRIX, [6, 1]), (a: T, b: T) => tf.mul(a, b)),
  div: op(
    (random) => [...normal(MATRIX)(random), ...uniform(0.5, 2, MATRIX)(random)],
    (a: T, b: T) => tf.div(a, b),
  ),
  neg: op(normal(MATRIX), (x: T) => tf.neg(x)),
  abs: op(normal(MATRIX), (x: T) => tf.abs(x)),
  square: op(normal(MATRIX), (x: T) => tf.square(x)),
  squaredDifference: op(normal(MATRIX, MATRIX), (a: T, b: T) => tf.squaredDifference(a, b)),
  sqrt: op(uniform(0.1, 3, MATRIX), (x: T) => tf.sqrt(x)),
  rsqrt: op(uniform(0.1, 3, MATRIX), (x: T) => tf.rsqrt(x)),
  reciprocal: op(uniform(0.2, 3, MATRIX), (x: T) => tf.reciprocal(x)),
  exp: op(normal(MATRIX), (x: T) => tf.exp(x), 1),
  log: op(uniform(0.1, 3, MATRIX), (x: T) => tf.log(x)),
  log1p: op(uniform(-0.5, 3, MATRIX), (x: T) => tf.log1p(x)),
  sin: op(normal(MATRIX), (x: T) => tf.sin(x)),
  cos: op(normal(MATRIX), (x: T) => tf.cos(x)),
  tanh: op(normal(MATRIX), (x: T) => tf.tanh(x), 1),
  sigmoid: op(normal(MATRIX), (x: T) => tf.sigmoid(x), 1),
  softplus: op(normal(MATRIX), (x: T) => tf.softplus(x)),
  relu: op(normal(MATRIX), (x: T) => tf.relu(x)),
  leakyRelu: op(normal(MATRIX), (x: T) => tf.leakyRelu(x), 1),
  elu: op(normal(MATRIX), (x: T) => tf.elu(x), 1),
  selu: op(normal(MATRIX), (x: T) => tf.selu(x), 1),
  maximum: op(normal(MATRIX, MATRIX), (a: T, b: T) => tf.maximum(a, b), 1),
  clipByValue: op(normal(MATRIX), (x: T) => tf.clipByValue(x, -1, 1), 1),
  pow: op(
    (random) => [...uniform(0.3, 2, MATRIX)(random), ...normal(MATRIX)(random)],
    (a: T, b: T) => tf.pow(a, b),
    1,
  ),
  matMul: op(normal([6, 7], [7, 5]), (a: T, b: T) => tf.matMul(a, b)),
  conv2d: op(normal([2, 5, 5, 3], [3, 3, 3, 2]), (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 1, 'same'), 1),
  avgPool: op(normal([2, 6, 6, 2]), (x: tf.Tensor4D) => tf.avgPool(x, 2, 2, 'valid'), 1),
  maxPool: op(normal([2, 6, 6, 2]), (x: tf.Tensor4D) => tf.maxPool(x, 2, 2, 'valid'), 1),
  sum: op(normal(MATRIX), (x: T) => tf.sum(x, 1)),
  mean: op(normal(MATRIX), (x: T) => tf.mean(x)),
  max: op(normal(MATRIX), (x: T) => tf.max(x, 1), 1),
  transpose: op(normal(MATRIX), (x: T) => tf.transpose(x)),
  reshape: op(normal(MATRIX), (x: T) => tf.reshape(x, [2, 21])),
  concat: op(normal(MATRIX, MATRIX), (a: T, b: T) => tf.concat([a, b], 1)),
  slice: op(normal(MATRIX), (x: T) => tf.slice(x, [1, 2], [3, 4])),
  gather: op(normal(MATRIX), (x: T) => tf.gather(x, [0, 2, 2, 5])),
  tile: op(normal(MATRIX), (x: T) => tf.tile(x, [2, 3])),
  pad: op(normal(MATRIX), (x: T) =>
    tf.pad(x, [
      [1, 2],
      [0, 1],
    ]),
  ),
  where: op(normal(MATRIX, MATRIX), (a: T, b: T) => tf.where(KEEP, a, b)),
  cumsum: op(normal(MATRIX), (x: T) => tf.cumsum(x, 1)),
  'tf.softmax': op(normal(MATRIX), (x: T) => tf.softmax(x), 1),
  'tf.logSoftmax': op(normal(MATRIX), (x: T) => tf.logSoftmax(x), 1),
  'tf.logSumExp': op(normal(MATRIX), (x: T) => tf.logSumExp(x, 1), 1),
  meanSquaredError: op(normal(MATRIX, MATRIX), (a: T, b: T) => tf.losses.meanSquaredError(a, b)),
  sigmoidCrossEntropy: op(normal(MATRIX, MATRIX), (y: T, x: T) => tf.losses.sigmoidCrossEntropy(y, x), 1),
  batchNorm: op(normal([8, 4], [4], [4]), (x: tf.Tensor2D, a: tf.Tensor1D, b: tf.Tensor1D) => {
    const {mean, variance} = tf.moments(x, 0);
    return tf.batchNorm2d(x, mean as tf.Tensor1D, variance as tf.Tensor1D, a, b, 0.01);
  }),
  erf: op(normal(MATRIX), (x: T) => tf.erf(x)),
  norm: op(normal(MATRIX), (x: T) => tf.norm(x)),
  atan2: op(normal(MATRIX, MATRIX), (a: T, b: T) => tf.atan2(a, b)),
  atan: op(normal(MATRIX), (x: T) => tf.atan(x)),
  asinh: op(normal(MATRIX), (x: T) => tf.asinh(x)),
  expm1: op(normal(MATRIX), (x: T) => tf.expm1(x)),
  sinh: op(normal(MATRIX), (x: T) => tf.sinh(x)),
  tan: op(uniform(-1, 1, MATRIX), (x: T) => tf.tan(x)),
  prelu: op(normal(MATRIX, [7]), (x: T, a: T) => tf.prelu(x, a), 1),
  depthwiseConv2d: op(
    normal([1, 5, 5, 2], [3, 3, 2, 2]),
    (x: tf.Tensor4D, w: tf.Tensor4D) => tf.depthwiseConv2d(x, w, 1, 'valid'),
    1,
  ),
};

/** GPUs approximate sin and cos so that the slope of one is up to half a percent off the other; tan is made of both. */
const OFF = /^checkGradients: The gradient in input 0 is wrong/;
const OFF_ON_GPUS = {sin: OFF, cos: OFF, tan: OFF};

/** Gradients of tfjs that are missing or wrong on a backend, or those of other values, and what the check says of them. */
export const WRONG_ON: Record<string, Record<string, RegExp>> = {
  wasm: {
    conv2d: /Kernel 'Conv2DBackpropFilter' not registered/,
    depthwiseConv2d: /Kernel 'DepthwiseConv2dNativeBackpropInput' not registered/,
    gather: /Kernel 'UnsortedSegmentSum' not registered/,
    maxPool: /^checkGradients: The gradient in input 0 is wrong \(vjp, random direction 1\)/,
  },
  webgl: OFF_ON_GPUS,
  webgpu: OFF_ON_GPUS,
};
