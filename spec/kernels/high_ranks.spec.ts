import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {
  entropy,
  logSoftmax,
  logSoftmaxJacobian,
  softmax,
  softmaxCrossEntropy,
  softmaxInverse,
  softmaxJacobian,
} from '../../index';
import {Random} from '../cases/random';

// tfjs's binary kernels take up to six dimensions: beyond them wasm's give what was in the memory before.
const HIGH = [1, 1, 1, 2, 1, 2, 2, 3]; // without its last axis too
const LOW = [2, 4, 3];

type Op = (x: tf.Tensor) => tf.Tensor;

/** Cotangents, unlike at each element. */
const dy = (shape: number[]) => tf.tensor(new Random(8).normals(tf.util.sizeFromShape(shape), 1), shape);

const secondDerivative =
  (op: Op): Op =>
  (x) =>
    tf.grad((u) => tf.grad(op)(u, dy(op(x).shape)))(x, dy(x.shape));

/** Some of the labels are 5, which is no class; what weighs is unlike for each. */
const weighed =
  (isSparse: boolean, reduction: 'none' | 'mean'): Op =>
  (x) => {
    const rows = x.shape.slice(0, -1);
    const labels = isSparse
      ? tf.tensor([0, 2, 5, 1, 1, 0, 2, 5], rows, 'int32')
      : tf.abs(tf.tensor(new Random(9).normals(24, 1), x.shape));
    const further = isSparse ? {ignoreIndex: 5, weights: dy(rows)} : {};
    return softmaxCrossEntropy(labels, x, {classWeights: [1, 2, 3], labelSmoothing: 0.1, reduction, ...further});
  };

const masked: Op = (x) => {
  const along = x.shape.slice(x.shape.indexOf(2)).fill(1, 1, -1);
  return entropy(x, -1, {mask: tf.tensor([1, 0, 1, 1, 1, 0], along, 'bool')});
};

const OPS: Record<string, Op> = {
  'cross-entropy, classes weighted': weighed(false, 'none'),
  'cross-entropy with indices, all weighted': weighed(true, 'none'),
  'derivative of the cross-entropy, classes weighted': (x) => tf.grad(weighed(false, 'mean'))(x),
  'derivative of the cross-entropy with indices, all weighted': (x) => tf.grad(weighed(true, 'mean'))(x),
  'derivative of the cross-entropy in the weights of classes': (x) =>
    tf.grad((classWeights) => softmaxCrossEntropy(softmax(x), x, {classWeights, labelSmoothing: 0.1}))(tf.ones([3])),
  'second derivative of the cross-entropy, smoothed': (x) =>
    secondDerivative((u) => softmaxCrossEntropy(softmax(x), u, {labelSmoothing: 0.1, reduction: 'none'}))(tf.neg(x)),
  'second derivative of the entropy': secondDerivative((u) => entropy(u)),
  'second derivative of the masked entropy': secondDerivative(masked),
  'third derivative of softmax': (x) => tf.grad((u) => secondDerivative((v) => softmax(v))(u))(x, dy(x.shape)),
  'second derivative of softmax': secondDerivative((u) => softmax(u, -1, {scale: 2})),
  'second derivative of logSoftmax': secondDerivative((u) => logSoftmax(u, -1, {scale: 2})),
  'derivative of softmaxInverse': (x) => tf.grad((u) => softmaxInverse(softmax(u)))(x),
  'derivative of the cross-entropy in its labels': (x) =>
    tf.grad((labels) => softmaxCrossEntropy(labels, x))(softmax(x)),
};

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  const values = new Random(7).normals(24, 2);

  test.each(Object.entries(OPS))('%s: of rank 8 as of rank 3', (_, op) => {
    const [high, low] = [HIGH, LOW].map((shape) => tf.tidy(() => op(tf.tensor(values, shape))));
    expect(high!.shape).toEqual({3: HIGH, 2: HIGH.slice(0, -1)}[low!.rank] ?? low!.shape);
    expect(high!.dataSync()).toEqual(low!.dataSync());
    expect(Math.max(...low!.dataSync().map(Math.abs))).toBeGreaterThan(0.01);
  });

  test.each([
    ['softmax', softmaxJacobian],
    ['logSoftmax', logSoftmaxJacobian],
  ])('derivatives of the Jacobian of %s: of rank 6 as of rank 2', (_, jacobian) => {
    const [high, low] = [HIGH.slice(2), [8, 3]].map((shape) =>
      tf.tidy(() => {
        const x = tf.tensor(values, shape);
        const derivatives = [tf.grad(jacobian)(x, dy([...shape, 3])), secondDerivative(jacobian)(x)];
        return tf.concat(derivatives.map((t) => tf.reshape(t, [24])));
      }),
    );
    expect(high!.dataSync()).toEqual(low!.dataSync());
  });
});
