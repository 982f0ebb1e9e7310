import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {
  logSoftmax,
  logSoftmaxJacobian,
  logSoftmaxJvp,
  logSoftmaxVjp,
  softmax,
  softmaxJacobian,
  softmaxJvp,
  softmaxVjp,
} from '../../index';
import * as reference from '../../kernels/reference';
import {Random} from '../cases/random';

const SHAPE = [2, 5, 3];
const random = new Random(11);
const draw = (shape: number[], sigma = 2) =>
  tf.tensor(
    Float32Array.from({length: tf.util.sizeFromShape(shape)}, () => random.normal(sigma)),
    shape,
  );
const largest = (t: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(t)).dataSync()[0]!);

const FAMILIES = [
  {name: 'softmax', f: softmax, jvp: softmaxJvp, vjp: softmaxVjp, jacobian: softmaxJacobian, row: reference.softmax},
  {
    name: 'logSoftmax',
    f: logSoftmax,
    jvp: logSoftmaxJvp,
    vjp: logSoftmaxVjp,
    jacobian: logSoftmaxJacobian,
    row: reference.logSoftmax,
  },
] as const;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe.each(FAMILIES)('$name', ({f, jvp, vjp, jacobian, row}) => {
  test.each([0, 1, 2, -1])('JVP and VJP agree with the explicit Jacobian along axis %i', (axis) => {
    const [x, v] = [draw(SHAPE), draw(SHAPE)];
    const positive = (axis + 3) % 3;
    const order = [0, 1, 2].filter((i) => i !== positive).concat(positive);
    const back = order.map((_, i) => order.indexOf(i));
    const column = tf.expandDims(tf.transpose(v, order), -1);
    const matrix = jacobian(x, axis);
    const others = SHAPE.filter((_, i) => i !== positive);
    expect(matrix.shape).toEqual([...others, SHAPE[positive], SHAPE[positive]]);
    const times = (transposed: boolean) => tf.transpose(tf.squeeze(tf.matMul(matrix, column, transposed), [-1]), back);
    expect(largest(tf.sub(jvp(x, v, axis), times(false)))).toBeLessThan(1e-6);
    expect(largest(tf.sub(vjp(x, v, axis), times(true)))).toBeLessThan(1e-6);
  });

  test('⟨g, J v⟩ = ⟨Jᵗ g, v⟩', () => {
    for (const scale of [1, -0.4, 2]) {
      const [x, v, g] = [draw([7, 20]), draw([7, 20]), draw([7, 20])];
      const forward = tf.sum(tf.mul(g, jvp(x, v, -1, {scale}))).dataSync()[0]!;
      const backward = tf.sum(tf.mul(vjp(x, g, -1, {scale}), v)).dataSync()[0]!;
      expect(Math.abs(forward)).toBeGreaterThan(0.01);
      expect(Math.abs(forward - backward)).toBeLessThan(1e-4);
    }
  });

  test('VJP agrees with tf.grad', () => {
    const [x, g] = [draw(SHAPE), draw(SHAPE)];
    for (const scale of [1, 0.3]) {
      const byGrad = tf.grad((t) => f(t, 1, {scale}))(x, g);
      expect(largest(tf.sub(byGrad, vjp(x, g, 1, {scale})))).toBeLessThan(1e-7);
    }
  });

  test('JVP agrees with central differences in float64', () => {
    const n = 30;
    const [x, v] = [0, 0].map(() => Float64Array.from({length: n}, () => Math.fround(random.normal(2)))) as [
      Float64Array,
      Float64Array,
    ];
    const at = (h: number) => row(x.map((xi, i) => xi + h * v[i]!));
    const [above, below] = [at(1e-6), at(-1e-6)];
    const product = jvp(tf.tensor1d(Float32Array.from(x)), tf.tensor1d(Float32Array.from(v))).dataSync();
    product.forEach((p, i) => {
      expect(Math.abs(p - (above[i]! - below[i]!) / 2e-6)).toBeLessThan(1e-6);
    });
  });

  test('the Jacobian is differentiable', () => {
    const x = draw([4]);
    const cotangent = draw([4, 4]);
    const gradient = tf
      .grad((t) => jacobian(t))(x, cotangent)
      .dataSync();
    const value = (t: tf.Tensor) => tf.sum(tf.mul(jacobian(t), cotangent)).dataSync()[0]!;
    const h = 1e-2;
    gradient.forEach((g, i) => {
      const e = tf.mul(tf.oneHot(tf.scalar(i, 'int32'), 4), h);
      expect(Math.abs(g - (value(tf.add(x, e)) - value(tf.sub(x, e))) / (2 * h))).toBeLessThan(1e-3);
    });
  });

  test('the Jacobian of a scalar, of one element and of none', () => {
    expect(jacobian(3).arraySync()).toEqual([[0]]);
    expect(jacobian([[3], [4]]).arraySync()).toEqual([[[0]], [[0]]]);
    expect(jacobian(tf.zeros([2, 0])).shape).toEqual([2, 0, 0]);
    // With rows it would have more than 2^31 elements; without any it is empty.
    expect(jacobian(tf.zeros([300, 84, 0, 300])).shape).toEqual([300, 84, 0, 300, 300]);
    expect(jacobian(tf.zeros([0, 2])).shape).toEqual([0, 2, 2]);
  });
});
