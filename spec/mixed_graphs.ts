import * as tf from '@tensorflow/tfjs-core';
import {logSoftmax, logSoftmaxVjp, logSumExp, softmax, softmaxVjp} from '../index';
import {softmax as exactSoftmax} from '../kernels/reference';
import {Random} from './cases/random';

/**
 * Second derivatives through graphs that mix the family with tfjs's own ops, where stock tfjs is silently wrong: it
 * saves softmax's output, which its tape then takes for a constant. Needs tfjs's gradients loaded.
 */
export function describeMixedGraphs(): void {
  const random = new Random(23);
  const x0 = Float32Array.from({length: 5}, () => random.normal());
  const c = Float32Array.from({length: 5}, () => random.normal());
  const direction = Float32Array.from({length: 5}, () => random.normal());

  const GRAPHS: Record<string, {tensors: (x: tf.Tensor) => tf.Tensor; exact: (x: Float64Array) => number}> = {
    'Σ c·softmax(x²)²': {
      tensors: (x) => tf.sum(tf.mul(tf.square(softmax(tf.square(x))), tf.tensor1d(c))),
      exact: (x) =>
        dot(
          exactSoftmax(x.map((v) => v * v)).map((y) => y * y),
          c,
        ),
    },
    'Σ x·softmax(x)': {
      tensors: (x) => tf.sum(tf.mul(x, softmax(x))),
      exact: (x) => dot(exactSoftmax(x), x),
    },
    'entropy: -Σ softmax(x)·logSoftmax(x)': {
      tensors: (x) => tf.neg(tf.sum(tf.mul(softmax(x), logSoftmax(x)))),
      exact: (x) => -exactSoftmax(x).reduce((sum, y) => sum + y * Math.log(y), 0),
    },
    'logSumExp(x)·Σ x²': {
      tensors: (x) => tf.mul(logSumExp(x), tf.sum(tf.square(x))),
      exact: (x) => Math.log(x.reduce((sum, v) => sum + Math.exp(v), 0)) * dot(x, x),
    },
  };

  test.each(Object.entries(GRAPHS))('Hessian-vector product of %s', (_, {tensors, exact}) => {
    const gradient = tf.grad(tensors);
    const product = tf.tidy(() => tf.grad((x) => tf.sum(tf.mul(gradient(x), tf.tensor1d(direction))))(tf.tensor1d(x0)));
    const h = 1e-3;
    const at = (i: number, a: number, b: number) =>
      exact(Float64Array.from(x0, (x, j) => x + b * h * direction[j]! + (i === j ? a * h : 0)));
    product.dataSync().forEach((p, i) => {
      const e = (at(i, 1, 1) - at(i, 1, -1) - at(i, -1, 1) + at(i, -1, -1)) / (4 * h * h);
      expect(Math.abs(p - e)).toBeLessThan(2e-5);
    });
  });

  /** Σ direction·∇(Σ c·softmax(2x)) with the softmax recorded by the outer tf.grad, before the inner one begins. */
  const softmaxBeforeInnerGradient = (afterSoftmax: (logits: tf.Tensor) => void) => (x: tf.Tensor) => {
    const logits = tf.mul(x, 2);
    const y = softmax(logits);
    afterSoftmax(logits);
    const inner = tf.grad(() => tf.sum(tf.mul(y, tf.tensor1d(c))))(x);
    return tf.sum(tf.mul(inner, tf.tensor1d(direction)));
  };

  test('a softmax recorded before the inner tf.grad began is derived twice too', () => {
    const twice = tf.grad((x) => tf.sum(tf.mul(softmax(tf.mul(x, 2)), tf.tensor1d(c))));
    const expected = tf.tidy(() => tf.grad((x) => tf.sum(tf.mul(twice(x), tf.tensor1d(direction))))(tf.tensor1d(x0)));
    const result = tf.tidy(() => tf.grad(softmaxBeforeInnerGradient(() => {}))(tf.tensor1d(x0)));
    const gap = tf.max(tf.abs(tf.sub(result, expected))).dataSync()[0]!;
    expect(gap).toBeLessThan(1e-6);
    expect(tf.max(tf.abs(expected)).dataSync()[0]!).toBeGreaterThan(0.01);
  });

  test('and where its logits are gone by then, that is an error', () => {
    const derive = () =>
      tf.tidy(() => tf.grad(softmaxBeforeInnerGradient((logits) => logits.dispose()))(tf.tensor1d(x0)));
    expect(derive).toThrow(/^softmax: its second derivative needs the logits, which are disposed\. Keep them/);
  });

  test('VJPs agree with tf.grad of the formulas composed of tfjs ops', () => {
    const x = tf.tensor2d(
      x0.map((v) => 2 * v),
      [1, 5],
    );
    const g = tf.tensor2d(c, [1, 5]);
    const exponentials = (t: tf.Tensor) => tf.exp(tf.sub(t, tf.max(t, -1, true)));
    const composed = (t: tf.Tensor) => tf.div(exponentials(t), tf.sum(exponentials(t), -1, true));
    const gap = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
    expect(gap(softmaxVjp(x, g), tf.grad(composed)(x, g))).toBeLessThan(1e-6);
    expect(gap(logSoftmaxVjp(x, g), tf.grad((t) => tf.log(composed(t)))(x, g))).toBeLessThan(1e-6);
  });
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
}
