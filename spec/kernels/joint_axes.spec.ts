import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Axis,
  checkGradients,
  entropy,
  logSoftmax,
  logSoftmaxJvp,
  logSumExp,
  softmax,
  softmaxVjp,
  softmin,
} from '../../index';
import * as reference from '../../kernels/reference';
import {Random} from '../cases/random';
import {recordKernels} from '../hosts/kernels';

/** Values of any axes with any masks are fuzzing's; here: what it costs, its derivatives, and its errors. */
describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  const SHAPE = [2, 3, 1, 4, 5];
  const x = new Random(1).normals(120, 2);
  const kernelsOf = (action: (t: tf.Tensor) => tf.Tensor) => {
    const t = tf.tensor(x, SHAPE);
    const before = tf.memory().numTensors;
    const {result, kernels} = recordKernels(
      () => tf.tidy(() => action(t)),
      () => true,
    );
    const {shape} = result;
    tf.dispose(result);
    expect(tf.memory().numTensors).toBe(before);
    t.dispose();
    return {kernels: kernels.filter((name) => name !== 'Identity'), shape};
  };

  test.each<[string, Axis]>([
    ['adjacent', [3, 4]],
    ['in another order', [-1, -2]],
    ['adjacent but for a length of 1', [1, 3]],
    ['with an axis of length 1 elsewhere', [0, 1, 2]],
    ['all', [4, 0, 1, 3, 2]],
  ])('axes that are %s take no copy: reshapes alone', (_, axis) => {
    expect(kernelsOf((t) => softmax(t, axis)).kernels).toEqual(['Reshape', 'softmax', 'Reshape']);
    expect(kernelsOf((t) => logSumExp(t, axis)).kernels).toEqual(['Reshape', 'logSumExp', 'Reshape']);
    expect(kernelsOf((t) => softmaxVjp(t, t, axis)).kernels).toEqual([
      'Reshape',
      'Reshape',
      'softmaxProduct',
      'Reshape',
    ]);
    const mask = tf.tensor(Uint8Array.of(1, 0, 1, 1, 0), [5], 'bool');
    const wide = tf.ones(SHAPE, 'bool');
    expect(kernelsOf((t) => softmax(t, axis, {mask: wide})).kernels).not.toContain('Transpose');
    expect(kernelsOf((t) => softmax(t, axis, {mask: wide})).kernels).not.toContain('Tile');
    tf.dispose([mask, wide]);
  });

  test('axes that lie apart take a transpose there, and one back where the result has the shape of the logits', () => {
    expect(kernelsOf((t) => logSumExp(t, [1, 4])).kernels).toEqual(['Transpose', 'Reshape', 'logSumExp', 'Reshape']);
    expect(kernelsOf((t) => softmax(t, [1, 4])).kernels).toEqual([
      ...['Transpose', 'Reshape', 'softmax', 'Reshape', 'Transpose'],
    ]);
  });

  test('a list of one axis is that axis', () => {
    const [one, list] = tf.tidy(() => [softmax(tf.tensor(x, SHAPE), 1), softmax(tf.tensor(x, SHAPE), [1])]);
    expect(list!.dataSync()).toEqual(one!.dataSync());
    tf.dispose([one!, list!]);
    tf.tidy(() => {
      expect(softmax(3, [0]).dataSync()).toEqual(Float32Array.of(1));
      expect(logSumExp(3, [-1], true).shape).toEqual([]);
    });
  });

  test('keepDims leaves lengths of 1', () => {
    tf.tidy(() => {
      const t = tf.tensor(x, SHAPE);
      expect(logSumExp(t, [1, -1]).shape).toEqual([2, 1, 4]);
      expect(logSumExp(t, [1, -1], true).shape).toEqual([2, 1, 1, 4, 1]);
      expect(logSumExp(t, [0, 1, 2, 3, 4], true).shape).toEqual([1, 1, 1, 1, 1]);
      const all = logSumExp(t, [0, 1, 2, 3, 4]).dataSync()[0]!;
      expect(all).toBeCloseTo(reference.logSumExp(x), 5);
    });
  });

  test('the maps of a keypoint detector: where each of 17 joints is', () => {
    const maps = new Random(2).normals(17 * 16 * 12, 3);
    tf.tidy(() => {
      const p = softmax(tf.tensor(maps, [16, 12, 17]), [0, 1]);
      const sums = tf.sum(p, [0, 1]).dataSync();
      expect(sums.every((sum) => Math.abs(sum - 1) < 1e-6)).toBe(true);
    });
  });

  const mask = tf.tidy(() => Array.from({length: 3}, (_, i) => [i !== 1, true, true, i !== 2]));
  test.each<[string, (t: tf.Tensor) => tf.Tensor]>([
    ['softmax of adjacent axes', (t) => softmax(t, [1, 2])],
    ['softmax of axes that lie apart', (t) => softmax(t, [0, 2], {scale: 1.5})],
    ['softmin', (t) => softmin(t, [2, 0])],
    ['logSoftmax', (t) => logSoftmax(t, [0, 2])],
    ['logSumExp', (t) => logSumExp(t, [0, 2], true)],
    ['entropy', (t) => entropy(t, [0, 2])],
    ['masked entropy', (t) => entropy(t, [0, 2], {mask, scale: 0.5})],
    ['masked logSumExp', (t) => logSumExp(t, [1, 2], false, {mask})],
    ['masked softmax of axes that lie apart', (t) => softmax(t, [0, 2], {mask})],
    ['a product', (t) => logSoftmaxJvp(t, t, [0, 2])],
  ])('derivatives to the second: %s', (_, f) => {
    const t = tf.tensor(new Random(3).normals(24), [2, 3, 4]);
    const before = tf.memory().numTensors;
    for (const order of [1, 2]) expect(checkGradients(f, t, {order}).ok).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
    t.dispose();
  });

  test('errors say what is allowed', () => {
    const t = [[1, 2, 3]];
    expect(() => softmax(t, [])).toThrow(
      'softmax: axis is an empty list. It must name at least one axis; all of them are [0,1].',
    );
    expect(() => logSumExp(t, [0, -2])).toThrow(
      'logSumExp: axis [0,-2] names axis 0 twice. Each axis must be named once.',
    );
    expect(() => entropy(t, [0, 2])).toThrow('entropy: axis 2 is out of range for logits of shape [1,3]');
    expect(() => logSoftmax(t, [0, 0.5])).toThrow(
      'logSoftmax: axis must be an integer or a list of integers, but got 0.5.',
    );
    expect(() => softmax(t, [[0]] as never)).toThrow(
      'axis must be an integer or a list of integers, but got an Array.',
    );
    expect(() => softmax(5, [1])).toThrow('softmax: axis 1 is out of range for logits of shape []');
  });
});
