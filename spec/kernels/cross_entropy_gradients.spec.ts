import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {softmaxCrossEntropy} from '../../index';
import * as reference from '../../kernels/reference';
import {Random} from '../cases/random';

// On wasm a turn of the gradient's kernel is 256 KiB: these take several.
const [ROWS, N] = [300, 1000];
const rowsOf = (values: Float32Array) => Array.from({length: ROWS}, (_, i) => values.subarray(i * N, (i + 1) * N));

/** The largest difference, in units of the numbers' size, which is 1. */
function difference(is: Float32Array, shouldBe: Float64Array[]): number {
  return is.reduce((most, value, i) => Math.max(most, Math.abs(value - shouldBe[Math.floor(i / N)]![i % N]!)), 0);
}

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  const random = new Random(9);
  const logits = random.normals(ROWS * N, 3);
  const weights = Float32Array.from(logits, () => random.uniform(0, 2 / N));
  const classes = Int32Array.from({length: ROWS}, (_, i) => (i * 37) % N);
  const oneHot = (i: number) => new Float64Array(N).map((_, j) => (j === classes[i] ? 1 : 0));
  const x = () => tf.tensor2d(logits, [ROWS, N]);

  test('distributions, of several turns', () => {
    const y = tf.tidy(() => {
      const labels = tf.tensor2d(weights, [ROWS, N]);
      return tf.grad((t) => softmaxCrossEntropy(labels, t, {reduction: 'sum'}))(x());
    });
    const q = rowsOf(weights);
    const exact = rowsOf(logits).map((row, i) => reference.crossEntropyGradient(row, q[i]!));
    expect(difference(y.dataSync<'float32'>(), exact)).toBeLessThan(2e-6);
  });

  test('class indices, of several turns, each row with its own cotangent', () => {
    const y = tf.tidy(() => {
      const labels = tf.tensor1d(classes, 'int32');
      const cotangents = tf.tensor1d(Float32Array.from(classes, (_, i) => 1 + (i % 7)));
      return tf.grad((t) => softmaxCrossEntropy(labels, t, {reduction: 'none'}))(x(), cotangents);
    });
    const exact = rowsOf(logits).map((row, i) =>
      reference.crossEntropyGradient(row, oneHot(i)).map((value) => value * (1 + (i % 7))),
    );
    expect(difference(y.dataSync<'float32'>(), exact)).toBeLessThan(2e-6);
  });

  test('class indices beside logits of -Infinity, in long rows', () => {
    const masked = logits.map((value, i) => (i % N === 5 ? Number.NEGATIVE_INFINITY : value));
    const losses = tf.tidy(() =>
      softmaxCrossEntropy(tf.tensor1d(classes, 'int32'), tf.tensor2d(masked, [ROWS, N]), {
        reduction: 'none',
      }).dataSync(),
    );
    const exact = rowsOf(masked).map((row, i) => reference.logSumExp(row) - row[classes[i]!]!);
    losses.forEach((loss, i) => {
      if (classes[i] === 5) expect(loss).toBe(Number.POSITIVE_INFINITY);
      else expect(Math.abs(loss - exact[i]!)).toBeLessThan(2e-6);
    });
  });

  test('the derivative in the logits of the one in the labels', () => {
    const values = new Random(10).normals(12, 2);
    const w = new Random(11).normals(12, 1);
    const mixed = tf.tidy(() => {
      const [labels, cotangents] = [tf.softmax(tf.tensor2d(w, [3, 4])), tf.tensor2d(w, [3, 4])];
      const inLabels = (t: tf.Tensor) => tf.grad((l) => softmaxCrossEntropy(l, t, {reduction: 'sum'}))(labels);
      return tf
        .grad(inLabels)(tf.tensor2d(values, [3, 4]), cotangents)
        .dataSync();
    });
    for (let i = 0; i < 3; i++) {
      const [row, q] = [values, w].map((all) => all.subarray(4 * i, 4 * i + 4));
      const exact = reference.crossEntropyGradient(row!, q!); // linear in the labels
      exact.forEach((value, j) => {
        expect(Math.abs(mixed[4 * i + j]! - value)).toBeLessThan(2e-6);
      });
    }
  });

  test('the derivatives of the gradient: in the labels, and in the cotangents', () => {
    const [values, h, q] = [10, 11, 12].map((seed) => new Random(seed).normals(12, 1)) as Float32Array[];
    const [x, vector, labels] = [values, h, q].map((all) => tf.tensor2d(all!, [3, 4])) as tf.Tensor2D[];
    const cotangents = tf.tensor1d([1, 2, 3]);
    const gradient = (l: tf.Tensor, g: tf.Tensor) =>
      tf.grad((t) => softmaxCrossEntropy(l, t, {reduction: 'none'}))(x!, g);
    const inLabels = tf.tidy(() =>
      tf
        .grad((l) => gradient(l, cotangents))(labels!, vector!)
        .dataSync(),
    );
    const inCotangents = tf.tidy(() =>
      tf
        .grad((g) => gradient(labels!, g))(cotangents, vector!)
        .dataSync(),
    );
    for (let i = 0; i < 3; i++) {
      const [row, u, label] = [values, h, q].map((all) => all!.subarray(4 * i, 4 * i + 4)) as Float32Array[];
      const dot = reference.softmax(row!).reduce((sum, y, j) => sum + y * u![j]!, 0);
      const slopes = reference.crossEntropyGradient(row!, label!);
      const along = slopes.reduce((sum, slope, j) => sum + slope * u![j]!, 0);
      expect(Math.abs(inCotangents[i]! - along)).toBeLessThan(1e-5);
      u!.forEach((each, j) => {
        expect(Math.abs(inLabels[4 * i + j]! - (i + 1) * (dot - each))).toBeLessThan(1e-5);
      });
    }
    tf.dispose([x!, vector!, labels!, cotangents]);
  });
});
