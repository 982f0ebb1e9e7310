/** What gradients save: no copies, the right tensors, and nothing left behind. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs';
import {logSoftmax, logSumExp, softmax, softmaxCrossEntropy} from '../../index';
import {isOfFamily} from '../../kernels/names';
import * as exact from '../../kernels/reference';
import {recordKernels} from '../hosts/kernels';

const X = Float32Array.from([0.5, -1, 3, 0.25, 2]);
const V = Float32Array.from([1, -2, 0.5, 0, 4]);
const SOFTMAX_GRADIENT = exact.softmaxProduct(exact.softmax(X), V);
const LOG_SOFTMAX_GRADIENT = exact.logSoftmaxVjp(exact.softmax(X), V);
const MASK = [true, false, true, true, true];

const OPS: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  softmax: (x) => softmax(x),
  logSoftmax: (x) => logSoftmax(x),
  logSumExp: (x) => logSumExp(x),
  'masked softmax': (x) => softmax(x, -1, {mask: MASK}),
  'masked logSoftmax': (x) => logSoftmax(x, -1, {mask: MASK}),
  'masked logSumExp': (x) => logSumExp(x, -1, false, {mask: MASK}),
  softmaxCrossEntropy: (x) => softmaxCrossEntropy(2, x),
  'softmaxCrossEntropy, dense': (x) => softmaxCrossEntropy([0.5, 0, 0, 0.5, 0], x),
};

const everyKernel = () => true;

function close(result: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(result.length).toBe(expected.length);
  Array.from(result).forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-6);
  });
}

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  test.each(Object.entries(OPS))('%s derived once copies nothing and leaves nothing', (_, op) => {
    const x = tf.tensor1d(X);
    const before = {...tf.memory(), data: tf.backend().numDataIds()};
    for (let i = 0; i < 3; i++) {
      let forward: string[] = [];
      const recorded = (t: tf.Tensor) => {
        const {result, kernels} = recordKernels(() => op(t), everyKernel);
        forward = kernels;
        return result;
      };
      const gradient = tf.grad(recorded)(x);
      expect(Array.from(gradient.dataSync()).every(Number.isFinite)).toBe(true);
      gradient.dispose();
      expect(forward.filter(isOfFamily)).toHaveLength(1);
      expect(forward).not.toContain('Identity');
    }
    expect({...tf.memory(), data: tf.backend().numDataIds()}).toEqual(before);
    x.dispose();
  });

  test.each(Object.entries(OPS))('%s derived twice saves what tfjs derives through', (_, op) => {
    const x = tf.tensor1d(X);
    const before = tf.backend().numDataIds();
    const {kernels} = recordKernels(() => tf.tidy(() => void tf.grad((t) => tf.sum(tf.grad(op)(t)))(x)), everyKernel);
    expect(kernels).toContain('Identity');
    expect(tf.backend().numDataIds()).toBe(before);
    x.dispose();
  });

  test('what is saved outlives the tensors that the function disposed of', () => {
    const derive = (op: (logits: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => {
      const logits = tf.mul(x, 1);
      const y = op(logits);
      logits.dispose();
      // Memory that was freed too early would be taken by these.
      for (let i = 0; i < 4; i++) tf.fill([5], Number.NaN).dispose();
      return tf.mul(y, 1);
    };
    tf.tidy(() => {
      close(tf.grad(derive(softmax))(tf.tensor1d(X), tf.tensor1d(V)).dataSync(), SOFTMAX_GRADIENT);
      close(tf.grad(derive(logSoftmax))(tf.tensor1d(X), tf.tensor1d(V)).dataSync(), LOG_SOFTMAX_GRADIENT);
    });
  });

  test('a variable that is assigned to between forward and backward', () => {
    const before = {...tf.memory(), data: tf.backend().numDataIds()};
    const x = tf.tidy(() => tf.variable(tf.tensor1d(X)));
    tf.tidy(() => {
      const {grads} = tf.variableGrads(() => {
        const loss = tf.sum(tf.mul(logSoftmax(x), tf.tensor1d(V))) as tf.Scalar;
        x.assign(tf.zeros([5]));
        return loss;
      });
      close(grads[x.name]!.dataSync(), LOG_SOFTMAX_GRADIENT);
    });
    x.dispose();
    expect({...tf.memory(), data: tf.backend().numDataIds()}).toEqual(before);
  });

  test.each(Object.entries(OPS))('%s, and an error behind it: only what was saved is left', (name, op) => {
    const leftBy = (f: (logits: tf.Tensor) => tf.Tensor) => {
      const before = tf.backend().numDataIds();
      const x = tf.tensor1d(X);
      const fails = tf.grad((t) => {
        f(t);
        throw new Error('on purpose');
      });
      expect(() => fails(x)).toThrow('on purpose');
      x.dispose();
      return tf.backend().numDataIds() - before;
    };
    // tfjs gives up what is saved only at the end of a backward pass: the logits or the result, and a mask or labels.
    expect(leftBy(op)).toBe(/masked|Entropy/.test(name) ? 2 : 1);
    expect(leftBy((t) => tf.softmax(t))).toBe(1);
  });
});

test('the backend may change between forward and backward', async () => {
  await tf.setBackend('wasm');
  const x = tf.tensor1d(X);
  const v = tf.tensor1d(V);
  const gradient = tf.grad((t) => {
    const y = logSoftmax(t);
    tf.setBackend('cpu');
    return tf.mul(y, 1);
  })(x, v);
  close(gradient.dataSync(), LOG_SOFTMAX_GRADIENT);
  expect(tf.getBackend()).toBe('cpu');
  const {numTensors} = tf.memory();
  tf.dispose([x, v, gradient]);
  expect(tf.memory().numTensors).toBe(numTensors - 3);
});
