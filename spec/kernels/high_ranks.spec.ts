import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {
  logSoftmax,
  logSoftmaxJacobian,
  softmax,
  softmaxCrossEntropy,
  softmaxInverse,
  softmaxJacobian,
} from '../../index';
import {Random} from '../cases/random';

// tfjs's binary kernels take up to six dimensions: beyond them wasm's give what was in the memory before.
const HIGH = [1, 1, 2, 1, 2, 2, 3];
const LOW = [2, 4, 3];

type Op = (x: tf.Tensor) => tf.Tensor;

/** Cotangents, unlike at each element. */
const dy = (shape: number[]) => tf.tensor(new Random(8).normals(tf.util.sizeFromShape(shape), 1), shape);

const secondDerivative =
  (op: Op): Op =>
  (x) =>
    tf.grad((u) => tf.grad(op)(u, dy(op(x).shape)))(x, dy(x.shape));

const OPS: Record<string, Op> = {
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

  test.each(Object.entries(OPS))('%s: of rank 7 as of rank 3', (_, op) => {
    const [high, low] = [HIGH, LOW].map((shape) => tf.tidy(() => op(tf.tensor(values, shape))));
    expect(high!.shape).toEqual(HIGH);
    expect(high!.dataSync()).toEqual(low!.dataSync());
    expect(Math.max(...low!.dataSync().map(Math.abs))).toBeGreaterThan(0.01);
  });

  test.each([
    ['softmax', softmaxJacobian],
    ['logSoftmax', logSoftmaxJacobian],
  ])('derivatives of the Jacobian of %s: of rank 6 as of rank 2', (_, jacobian) => {
    const [high, low] = [HIGH.slice(1), [8, 3]].map((shape) =>
      tf.tidy(() => {
        const x = tf.tensor(values, shape);
        const derivatives = [tf.grad(jacobian)(x, dy([...shape, 3])), secondDerivative(jacobian)(x)];
        return tf.concat(derivatives.map((t) => tf.reshape(t, [24])));
      }),
    );
    expect(high!.dataSync()).toEqual(low!.dataSync());
  });
});
