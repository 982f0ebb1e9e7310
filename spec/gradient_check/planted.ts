import * as tf from '@tensorflow/tfjs-core';
import type {Differentiable} from '../../index';
import type {Random} from '../cases/random';

/** A function with a wrong gradient, and inputs at random. */
export interface Planted {
  inputs(random: Random): tf.Tensor[];
  f(random: Random): Differentiable;
}

type T = tf.Tensor;
type Gradient = (dy: T, x: T) => T;

/** A function whose gradient is `gradient`. */
function withGradient(value: (x: T) => T, gradient: Gradient): Differentiable {
  return tf.customGrad((x, save) => {
    (save as (saved: T[]) => void)([x as T]);
    return {value: value(x as T), gradFunc: (dy: T, saved: T[]) => gradient(dy, saved[0]!)};
  }) as Differentiable;
}

const normal = (shape: number[]) => (random: Random) => [
  tf.tensor(random.normals(tf.util.sizeFromShape(shape)), shape),
];

/** One element of a thousand off by 1 %. */
function oneOff(gradient: Gradient): (random: Random) => Gradient {
  return (random) => {
    const factors = new Float32Array(1000).fill(1);
    factors[random.integer(0, 999)] = 1.01;
    return (dy, x) => tf.mul(gradient(dy, x), tf.reshape(tf.tensor1d(factors), x.shape));
  };
}

const square: Gradient = (dy, x) => tf.mul(dy, tf.mul(x, 2));
const sumOfSquares: Gradient = (dy, x) => tf.mul(dy, tf.mul(x, 2));
const exp: Gradient = (dy, x) => tf.mul(dy, tf.exp(x));
const tanh: Gradient = (dy, x) => tf.mul(dy, tf.sub(1, tf.square(tf.tanh(x))));
const softmax: Gradient = (dy, x) => {
  const y = tf.softmax(x);
  return tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true)));
};

export const PLANTED: Record<string, Planted> = {
  'a factor of 1.01': {
    inputs: normal([6, 7]),
    f: () => withGradient(tf.softmax, (dy, x) => tf.mul(softmax(dy, x), 1.01)),
  },
  'a factor of 2': {inputs: normal([3]), f: () => withGradient(tf.square, (dy, x) => tf.mul(dy, tf.mul(x, 4)))},
  'a wrong sign': {inputs: normal([6, 7]), f: () => withGradient(tf.cos, (dy, x) => tf.mul(dy, tf.sin(x)))},
  'a missing term': {
    inputs: normal([6, 7]),
    f: () => withGradient(tf.softmax, (dy, x) => tf.mul(tf.softmax(x), dy)),
  },
  'a forgotten cotangent': {inputs: normal([1]), f: () => withGradient(tf.square, (_, x) => tf.mul(x, 2))},
  'a transposed Jacobian': {
    inputs: (random) => [tf.tensor2d(random.normals(28), [4, 7])],
    f: (random) => {
      const matrix = random.normals(49);
      const product = (x: T, transposed: boolean) =>
        tf.matMul(x as tf.Tensor2D, tf.tensor2d(matrix, [7, 7]), false, transposed);
      return withGradient(
        (x) => product(x, false),
        (dy) => product(dy, false),
      );
    },
  },
  'an input that is ignored': {
    inputs: (random) => [...normal([6, 7])(random), ...normal([6, 7])(random)],
    f: () =>
      tf.customGrad((a, b, save) => {
        (save as (saved: T[]) => void)([b as T]);
        return {
          value: tf.mul(a as T, b as T),
          gradFunc: (dy: T, [second]: T[]) => [tf.mul(dy, second!), tf.zerosLike(second!)],
        };
      }) as Differentiable,
  },
  'an input without a way back': {
    inputs: (random) => [...normal([6, 7])(random), ...normal([6, 7])(random)],
    f: () => (a: T, b: T) => tf.mul(a, tf.tensor(b.dataSync(), b.shape)),
  },
  '1 % in one of a thousand squares': {
    inputs: normal([1000]),
    f: (random) => withGradient(tf.square, oneOff(square)(random)),
  },
  '1 % in one of a thousand exponentials': {
    inputs: normal([10, 100]),
    f: (random) => withGradient(tf.exp, oneOff(exp)(random)),
  },
  '1 % in one of a thousand hyperbolic tangents': {
    inputs: (random) => [tf.tensor1d(Float32Array.from({length: 1000}, () => random.uniform(-1, 1)))],
    f: (random) => withGradient(tf.tanh, oneOff(tanh)(random)),
  },
  '1 % in one of a thousand summands': {
    inputs: (random) => [tf.tensor1d(Float32Array.from({length: 1000}, () => random.uniform(0.5, 2)))],
    f: (random) => withGradient((x) => tf.sum(tf.square(x)), oneOff(sumOfSquares)(random)),
  },
};
