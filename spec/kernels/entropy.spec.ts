import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {checkGradients, entropy} from '../../index';
import {recordKernels} from '../hosts/kernels';

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  const values = (action: () => tf.Tensor) => tf.tidy(() => Array.from(action().dataSync()));

  test('exactly 0 for certainty, log n for equal logits, NaN where softmax is', () => {
    expect(
      values(() =>
        entropy([
          [0, -Infinity],
          [0, -200],
          [5, 5],
          [NaN, 0],
          [-Infinity, -Infinity],
          [Infinity, 0],
        ]),
      ),
    ).toEqual([...[0, 0, Math.fround(Math.LN2), NaN, NaN, NaN]]);
    expect(values(() => entropy(7))).toEqual([0]);
    expect(values(() => entropy([[], []]))).toEqual([0, 0]);
    expect(values(() => entropy([3e38, 3e38], -1, {scale: 4}))).toEqual([Math.fround(Math.LN2)]);
  });

  test('of a nearly certain choice it has all its digits', () => {
    const [h] = values(() => entropy([0, -25]));
    const p = Math.exp(-25) / (1 + Math.exp(-25));
    const exact = p * 25 + Math.log1p(Math.exp(-25));
    expect(Math.abs(h! / exact - 1)).toBeLessThan(1e-6);
  });

  test('what is masked adds nothing, and its gradient is 0, whatever it holds', () => {
    const mask = [
      [true, true, false],
      [false, true, false],
      [false, false, false],
    ];
    const x = tf.tensor2d([
      [1, 1, NaN],
      [Infinity, 3, NaN],
      [NaN, 0, 1],
    ]);
    expect(values(() => entropy(x, -1, {mask}))).toEqual([Math.fround(Math.LN2), 0, 0]);
    const gradient = values(() => tf.grad((t) => entropy(t, -1, {mask}))(x));
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(gradient.filter((_, i) => !mask.flat()[i]).every((g) => g === 0)).toBe(true);
    const second = values(() => tf.grad((t) => tf.grad((u) => entropy(u, -1, {mask}))(t))(x));
    expect(second.every(Number.isFinite)).toBe(true);
    x.dispose();
  });

  test('-Infinity has gradient 0, and leaves the others finite', () => {
    const x = tf.tensor1d([0, 1, -Infinity, -120]);
    const gradient = values(() => tf.grad((t) => entropy(t))(x));
    const [p0, p1] = [1 / (1 + Math.E), Math.E / (1 + Math.E)];
    const h = -p0 * Math.log(p0) - p1 * Math.log(p1);
    const exact = [-p0 * (Math.log(p0) + h), -p1 * (Math.log(p1) + h), 0, 0];
    expect(Math.max(...gradient.map((g, i) => Math.abs(g - exact[i]!)))).toBeLessThan(1e-7);
    expect(values(() => tf.grad((t) => tf.grad((u) => entropy(u))(t))(x)).every(Number.isFinite)).toBe(true);
    x.dispose();
  });

  test('derivatives to the third order', () => {
    const x = tf.tensor2d([
      [0.3, -1, 2, 0.5],
      [1, 1, 0, -2],
    ]);
    const before = tf.memory().numTensors;
    for (const order of [1, 2, 3]) {
      expect(checkGradients((t) => entropy(t, -1, {scale: 0.75}), x, {order}).ok).toBe(true);
      const mask = [true, false, true, true];
      expect(checkGradients((t) => entropy(t, 1, {mask}), x, {order}).ok).toBe(true);
    }
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  test('two kernels, and no copy of the logits', () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const {result, kernels} = recordKernels(() => entropy(x));
    expect(kernels).toEqual(['entropy', 'softmax', 'crossEntropy']);
    tf.dispose([result, x]);
  });
});
