import * as tf from '@tensorflow/tfjs-core';
import {logSoftmax, logSoftmaxVjp, logSumExp, softmax, softmaxCrossEntropy, softmaxVjp} from '../../index';
import {softmax as exactSoftmax} from '../../kernels/reference';
import {Random} from '../cases/random';

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

  type Op = (logits: tf.Tensor) => tf.Tensor;
  const labels = Float32Array.from(exactSoftmax(c));
  const SCALARS: Record<string, Op> = {
    softmax: (t) => tf.sum(tf.mul(softmax(t), tf.tensor1d(c))),
    logSoftmax: (t) => tf.sum(tf.mul(logSoftmax(t), tf.tensor1d(c))),
    logSumExp: (t) => logSumExp(t),
    'masked logSoftmax': (t) =>
      tf.sum(tf.slice(tf.mul(logSoftmax(t, -1, {mask: [true, true, true, false, true]}), tf.tensor1d(c)), 0, 3)),
    softmaxCrossEntropy: (t) => softmaxCrossEntropy(labels, t),
  };

  /** Σ direction·∇f(2x), with f recorded by the outer tf.grad, before the inner one begins. */
  const beforeInnerGradient = (f: Op, afterwards: (logits: tf.Tensor) => void) => (x: tf.Tensor) => {
    const logits = tf.mul(x, 2);
    const y = f(logits);
    afterwards(logits);
    const inner = tf.grad(() => tf.mul(y, 1))(x);
    return tf.sum(tf.mul(inner, tf.tensor1d(direction)));
  };

  const twice = (f: Op) =>
    tf.tidy(() => {
      const gradient = tf.grad((x) => f(tf.mul(x, 2)));
      return tf
        .grad((x) => tf.sum(tf.mul(gradient(x), tf.tensor1d(direction))))(tf.tensor1d(x0))
        .dataSync();
    });

  test.each(Object.entries(SCALARS))('%s recorded before the inner tf.grad began is derived twice too', (_, f) => {
    const before = tf.memory().numTensors;
    const result = tf.tidy(() =>
      tf
        .grad(beforeInnerGradient(f, () => {}))(tf.tensor1d(x0))
        .dataSync(),
    );
    const expected = twice(f);
    result.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6);
    });
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(Object.entries(SCALARS).slice(1))('%s also where its logits are gone by then', (_, f) => {
    const derive = () =>
      tf
        .grad(beforeInnerGradient(f, (logits) => logits.dispose()))(tf.tensor1d(x0))
        .dataSync();
    const expected = twice(f);
    tf.tidy(derive).forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6);
    });
  });

  test('softmax, which keeps no logits then, says that they are gone', () => {
    const f = SCALARS.softmax!;
    const derive = () => tf.tidy(() => tf.grad(beforeInnerGradient(f, (logits) => logits.dispose()))(tf.tensor1d(x0)));
    expect(derive).toThrow(/^softmax: its second derivative needs the logits, which are disposed\. Keep them/);
  });

  test.each(Object.entries(SCALARS))('%s is derived twice in a tf.tidy named like a kernel', (_, f) => {
    const expected = twice(f);
    twice((t) => tf.tidy('softmax', () => f(t))).forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6);
    });
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
