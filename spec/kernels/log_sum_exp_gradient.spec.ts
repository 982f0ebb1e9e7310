/** The gradient of logSumExp: softmax, its rows times their cotangents, and nothing repeated for it. */

import * as tf from '@tensorflow/tfjs-core';
import type {Rows} from '../../backends/engines/types';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {logSumExp} from '../../index';
import {alongAxis, softmax} from '../../kernels/reference';
import {Random} from '../cases/random';
import {worst} from '../ulp';

const ROWS: Rows[] = [
  {outer: 3, n: 5, inner: 1},
  {outer: 1, n: 1000, inner: 1},
  {outer: 64, n: 21, inner: 1},
  {outer: 2, n: 7, inner: 3},
  {outer: 2, n: 6, inner: 16},
];

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  test.each(ROWS)('rows of $n, $outer x $inner of them', async ({outer, n, inner}) => {
    const random = new Random(n);
    const shape: [number, number, number] = [outer, n, inner];
    const x = Float32Array.from({length: outer * n * inner}, () => random.normal(3));
    const g = Float32Array.from({length: outer * inner}, () => random.normal());
    const gradient = () => tf.grad((t) => logSumExp(t, 1))(tf.tensor3d(x, shape), tf.tensor2d(g, [outer, inner]));
    const {kernels} = await tf.profile(() => tf.tidy(() => void gradient()));
    // Where tfjs broadcasts well it multiplies; on cpu it does not.
    const multiplication = ['Reshape', 'Reshape', 'Multiply', 'Reshape'];
    const names = kernels.map(({name}) => name).filter((name) => backend === 'cpu' || !multiplication.includes(name));
    expect(names).toEqual(['logSumExp', 'softmax', 'DifferentiableScaleRows']);

    const exact = alongAxis(shape, 1, [Float64Array.from(x)], softmax).map(
      (y, k) => y * g[Math.floor(k / (n * inner)) * inner + (k % inner)]!,
    );
    const values = tf.tidy(() => gradient().dataSync());
    const inUlp = (actual: number, e: number) => Math.abs(actual - e) / (Math.abs(e) * 2 ** -23 + 2 ** -126);
    expect(worst(values, exact, inUlp).error).toBeLessThanOrEqual(5);
  });

  test.each([[[2, 0]], [[0, 3]], [[3, 0, 2]]])('no elements, from the cotangent to the gradient too: [%p]', (shape) => {
    const g = tf.ones(shape.filter((_, i) => i !== 1));
    const gradient = (of: tf.Tensor) => tf.grad((t) => logSumExp(t, 1))(tf.zeros(shape), of);
    tf.tidy(() => {
      expect(gradient(g).shape).toEqual(shape);
      const ofGradient = tf.grad(gradient)(g);
      expect(ofGradient.shape).toEqual(g.shape);
      expect(Array.from(ofGradient.dataSync())).toEqual(Array(g.size).fill(0));
    });
  });
});
