import * as tf from '@tensorflow/tfjs-core';
import {logSoftmax, logSumExp, softmax} from '../../index';
import * as reference from '../../kernels/reference';

type Op = (x: tf.Tensor) => tf.Tensor;

const OPS: Record<string, {op: Op; row: (x: Float64Array) => ArrayLike<number>; outputs: number}> = {
  softmax: {op: (x) => softmax(x), row: reference.softmax, outputs: 4},
  logSoftmax: {op: (x) => logSoftmax(x), row: reference.logSoftmax, outputs: 4},
  logSumExp: {op: (x) => logSumExp(x), row: (x) => [reference.logSumExp(x)], outputs: 1},
};

const X = Float32Array.of(1, 2, 3, 0.5);
const DIRECTIONS = [
  Float32Array.of(0.3, -0.2, 0.5, 1),
  Float32Array.of(1, 0, -1, 2),
  Float32Array.of(0.1, 0.7, -0.4, 0.2),
  Float32Array.of(-0.5, 0.25, 1, -1),
];

/**
 * Derivatives of order 1 to 4 through nested `tf.grad`, against the derivatives of the float64 reference. To be run
 * with and without tfjs's own gradients loaded: they must not be needed, and must not get in the way.
 */
export function describeDerivatives(): void {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  describe.each(Object.entries(OPS))('%s', (_, {op, row, outputs}) => {
    test.each([1, 2, 3, 4])('order %i', (order) => {
      const cotangent = tf.tensor(DIRECTIONS[0]!.slice(0, outputs), outputs === 1 ? [] : [outputs]);
      const before = tf.memory().numTensors;
      const result = tf.tidy(() => nthGradient(op, order)(tf.tensor1d(X), cotangent));
      expect(tf.memory().numTensors).toBe(before + 1);
      const exact = nthGradientOfReference(row, order, outputs);
      const actual = result.dataSync();
      expect(Math.max(...exact.map(Math.abs))).toBeGreaterThan(1e-3);
      exact.forEach((e, i) => {
        expect(Math.abs(actual[i]! - e)).toBeLessThan(order < 4 ? 2e-6 : 1e-4);
      });
    });
  });
}

/** x ↦ the gradient of ⟨…gradient of ⟨f(x), cotangent⟩…, direction⟩, nested `order` deep. */
function nthGradient(f: Op, order: number): (x: tf.Tensor, cotangent: tf.Tensor) => tf.Tensor {
  return (x, cotangent) => {
    let g: Op = (t) => tf.grad(f)(t, cotangent);
    for (let k = 1; k < order; k++) {
      const inner = g;
      const direction = tf.tensor1d(DIRECTIONS[k]!);
      g = (t) => tf.grad(inner)(t, direction);
    }
    return g(x);
  };
}

/** The same of the reference, by nested central differences with steps that suit each order. */
function nthGradientOfReference(row: (x: Float64Array) => ArrayLike<number>, order: number, outputs: number): number[] {
  let f = (x: Float64Array): number => {
    const y = row(x);
    return DIRECTIONS[0]!.slice(0, outputs).reduce((sum, c, i) => sum + c * y[i]!, 0);
  };
  const step = [0, 1e-5, 1e-3, 3e-3, 1e-2][order]!;
  // Fourth-order accurate, so that nesting keeps enough digits.
  const along = (g: (x: Float64Array) => number, direction: ArrayLike<number>) => (x: Float64Array) => {
    const at = (h: number) => g(x.map((xi, i) => xi + h * direction[i]!));
    return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
  };
  for (let k = 1; k < order; k++) f = along(f, DIRECTIONS[k]!);
  return Array.from(X, (_, i) =>
    along(
      f,
      Float64Array.from(X, (_, j) => (i === j ? 1 : 0)),
    )(Float64Array.from(X)),
  );
}
