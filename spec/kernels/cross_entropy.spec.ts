import {debugQuietly} from '../hosts/debug';
import '@tensorflow/tfjs-layers'; // tfjs's gradients, for the mixed graphs below
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {softmaxCrossEntropy} from '../../index';
import {crossEntropy, logSoftmax} from '../../kernels/reference';

/** The options; the kernels themselves are in the conformance suite of each backend. */

const X = [
  [1, 2, 3],
  [-1, 0.5, 0],
  [4, 4, 4],
  [0, 30, 1],
];
const CLASSES = [2, 0, 1, 1];
const oneHot = CLASSES.map((c) => [0, 1, 2].map((j) => Number(j === c)));
const LOSSES = X.map((x, i) => crossEntropy(x, oneHot[i]!));
const value = (run: () => tf.Tensor) => tf.tidy(() => Array.from(run().dataSync()));
const close = (actual: number[], expected: number[]) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((a, i) => {
    expect(Math.abs(a - expected[i]!)).toBeLessThanOrEqual(3e-7 * Math.max(1, Math.abs(expected[i]!)));
  });
};
const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('reductions', () => {
  close(
    value(() => softmaxCrossEntropy(CLASSES, X, {reduction: 'none'})),
    LOSSES,
  );
  close(
    value(() => softmaxCrossEntropy(CLASSES, X, {reduction: 'sum'})),
    [sum(LOSSES)],
  );
  close(
    value(() => softmaxCrossEntropy(CLASSES, X)),
    [sum(LOSSES) / 4],
  );
});

test('a training step is two kernels', async () => {
  const [x, labels] = [tf.tensor2d(X), tf.tensor1d(CLASSES, 'int32')];
  for (const reduction of ['mean', 'sum'] as const) {
    const step = tf.grad((t) => softmaxCrossEntropy(labels, t, {reduction}));
    const {kernels} = await tf.profile(() => tf.dispose(step(x)));
    const names = ['sparseCrossEntropy', 'sparseCrossEntropyGradient'];
    expect(kernels.map(({name}) => name)).toEqual(names);
  }
  tf.dispose([x, labels]);
});

test("tfjs's DEBUG mode lets every option pass", () => {
  debugQuietly();
  try {
    for (const options of [
      {},
      {labelSmoothing: 0.1},
      {classWeights: [3, 1, 0.25]},
      {weights: [1, 0, 2, 3]},
      {ignoreIndex: 0},
    ]) {
      const losses = value(() => softmaxCrossEntropy(CLASSES, X, {...options, reduction: 'none'}));
      expect(losses.every(Number.isFinite)).toBe(true);
    }
  } finally {
    tf.env().set('DEBUG', false);
  }
});

test('class indices equal one-hot labels, in losses and gradients', () => {
  for (const options of [
    {},
    {labelSmoothing: 0.1},
    {weights: [1, 0, 2, 3]},
    // In a mean, only class indices count as much as their classes weigh.
    {classWeights: [1, 2, 3], reduction: 'sum' as const},
    {classWeights: [1, 2, 3], labelSmoothing: 0.1, weights: [1, 0, 2, 3], reduction: 'sum' as const},
  ]) {
    const losses = (labels: number[] | number[][]) =>
      value(() => tf.grad((x) => softmaxCrossEntropy(labels, x, options))(tf.tensor2d(X)));
    close(losses(CLASSES), losses(oneHot));
    expect(Math.max(...losses(CLASSES).map(Math.abs))).toBeGreaterThan(0.05);
  }
});

test('weights of samples and of classes, and their mean', () => {
  const weights = [1, 0, 2, 0.5];
  const weighted = LOSSES.map((loss, i) => loss * weights[i]!);
  close(
    value(() => softmaxCrossEntropy(CLASSES, X, {weights, reduction: 'none'})),
    weighted,
  );
  close(
    value(() => softmaxCrossEntropy(CLASSES, X, {weights})),
    [sum(weighted) / sum(weights)],
  );
  const classWeights = [3, 1, 0.25];
  const ofRows = CLASSES.map((c) => classWeights[c]!);
  const byClass = LOSSES.map((loss, i) => loss * ofRows[i]!);
  close(
    value(() => softmaxCrossEntropy(CLASSES, X, {classWeights, reduction: 'none'})),
    byClass,
  );
  close(
    value(() => softmaxCrossEntropy(CLASSES, X, {classWeights})),
    [sum(byClass) / sum(ofRows)],
  );
});

test('shares of smoothing and of the mean are taken before sums that would overflow', () => {
  const huge = -1.6203922536151975e37;
  const logits = [huge, 0, huge, 0, huge];
  const each = (labels: number[] | number, options: object) =>
    value(() =>
      softmaxCrossEntropy(labels, logits, {labelSmoothing: 0.1, classWeights: [7, 0, 7, 0, 7], ...options}),
    )[0]!;
  const ofSmoothing = -3 * 7 * 0.02 * huge;
  expect(each([0, 0, 0, 0, 0], {}) / ofSmoothing).toBeCloseTo(1, 6);
  expect(each(2, {reduction: 'none'}) / (ofSmoothing - 0.9 * 7 * huge)).toBeCloseTo(1, 6);
  // The sum of three losses of 2.5e38 is no float32; their mean is.
  const rows = [0, 1, 2].map(() => [0, 2.5e38]);
  for (const options of [{}, {weights: [1, 1, 1]}, {classWeights: [1, 1]}, {ignoreIndex: -1}, {weights: [2, 1, 0]}]) {
    expect(value(() => softmaxCrossEntropy([0, 0, 0], rows, options))[0]! / 2.5e38).toBeCloseTo(1, 6);
    if ('ignoreIndex' in options) continue;
    const dense = rows.map(() => [1, 0]);
    expect(value(() => softmaxCrossEntropy(dense, rows, options))[0]! / 2.5e38).toBeCloseTo(1, 6);
  }
});

test('the weighted mean has gradients in the weights, and in labels that weigh; none where nothing weighs', () => {
  const weights = [1, 0, 2, 0.5];
  const mean = sum(LOSSES.map((loss, i) => loss * weights[i]!)) / sum(weights);
  close(
    value(() => tf.grad((w) => softmaxCrossEntropy(CLASSES, X, {weights: w}))(tf.tensor1d(weights))),
    LOSSES.map((loss) => (loss - mean) / sum(weights)),
  );

  const classWeights = [3, 1, 0.25];
  close(
    value(() => tf.grad((labels) => softmaxCrossEntropy(labels, X, {classWeights}))(tf.tensor2d(oneHot))),
    X.flatMap((row) => Array.from(logSoftmax(row), (log, k) => (-classWeights[k]! * log) / X.length)),
  );

  const nothing = tf.grad((w) => softmaxCrossEntropy(CLASSES, X, {weights: w}));
  close(
    value(() => nothing(tf.zeros([4]))),
    [0, 0, 0, 0],
  );
});

test.each([3, 12, 24, 30, 100])('a logit of -Infinity makes a smoothed loss Infinity, in rows of %d', (n) => {
  const row = Array.from({length: n}, (_, i) => (i === 1 ? Number.NEGATIVE_INFINITY : Math.sin(i)));
  const logits = [row, row, row, row, row];
  const options = {labelSmoothing: 0.1, reduction: 'none'} as const;
  const infinite = new Array(5).fill(Number.POSITIVE_INFINITY);
  const dense = row.map((_, i) => Number(i === 0));
  expect(value(() => softmaxCrossEntropy([0, 0, 0, 2, 2], logits, options))).toEqual(infinite);
  expect(
    value(() =>
      softmaxCrossEntropy(
        logits.map(() => dense),
        logits,
        options,
      ),
    ),
  ).toEqual(infinite);
});

test('ignoreIndex: loss 0, gradient 0, no part in the mean; nothing left is 0', () => {
  const labels = [2, -100, 1, -100];
  const kept = [LOSSES[0]!, LOSSES[2]!];
  close(
    value(() => softmaxCrossEntropy(labels, X, {ignoreIndex: -100})),
    [sum(kept) / 2],
  );
  const none = value(() => softmaxCrossEntropy(labels, X, {ignoreIndex: -100, reduction: 'none'}));
  expect([none[1], none[3]]).toEqual([0, 0]);
  const gradient = value(() => tf.grad((x) => softmaxCrossEntropy(labels, x, {ignoreIndex: -100}))(tf.tensor2d(X)));
  expect(gradient.slice(3, 6)).toEqual([0, 0, 0]);
  expect(gradient.slice(0, 3)).not.toContain(0);
  const withWeights = {ignoreIndex: -100, classWeights: [1, 1, 2]};
  close(
    value(() => softmaxCrossEntropy(labels, X, withWeights)),
    [(2 * kept[0]! + kept[1]!) / 3],
  );
  expect(value(() => softmaxCrossEntropy([5, 5, 5, 5], X, {ignoreIndex: 5}))).toEqual([0]);
});

test('an index that is no class gives NaN, not something plausible', () => {
  for (const wrong of [3, -1]) {
    const losses = value(() => softmaxCrossEntropy([wrong, 0, 1, 1], X, {reduction: 'none'}));
    expect(losses[0]).toBeNaN();
    close(losses.slice(1), LOSSES.slice(1));
  }
});

test('gradients of the formula: second order, and of dense labels', () => {
  const x = tf.tensor2d(X.slice(0, 2));
  const labels = tf.tensor2d([
    [0.2, 0.3, 0.1],
    [0.5, 0.1, 0.9],
  ]);
  const direction = tf.tensor2d([
    [1, -0.5, 0.3],
    [0.2, 1, -1],
  ]);
  const options = {labelSmoothing: 0.1, reduction: 'sum'} as const;
  for (const [at, f] of [
    [x, (t: tf.Tensor) => softmaxCrossEntropy(labels, t, options)],
    [x, (t: tf.Tensor) => softmaxCrossEntropy([2, 0], t, options)],
    [x, (t: tf.Tensor) => tf.square(softmaxCrossEntropy(labels, t, {...options, reduction: 'mean'}))],
    [x, (t: tf.Tensor) => tf.sum(softmaxCrossEntropy([2, 0], t, {reduction: 'none'}))],
    [labels, (t: tf.Tensor) => tf.square(softmaxCrossEntropy(t, x, options))],
  ] as const) {
    const first = tf.grad(f as (t: tf.Tensor) => tf.Tensor);
    const alongDirection = (t: tf.Tensor) => tf.sum(tf.mul(first(t), direction));
    const second = tf.grad(alongDirection)(at);
    const h = 1e-2;
    for (const [analytic, g] of [
      [first(at), f],
      [second, alongDirection],
    ] as const) {
      const exact = Array.from({length: 6}, (_, i) => {
        const e = tf.reshape(tf.mul(tf.oneHot(tf.scalar(i, 'int32'), 6), h), [2, 3]);
        const difference = tf.sub(
          (g as typeof alongDirection)(tf.add(at, e)),
          (g as typeof alongDirection)(tf.sub(at, e)),
        );
        return difference.dataSync()[0]! / (2 * h);
      });
      analytic.dataSync().forEach((a, i) => {
        expect(Math.abs(a - exact[i]!)).toBeLessThan(2e-3);
      });
    }
  }
});

describe('errors say what was given and what is allowed', () => {
  const fails = (message: string | RegExp, run: () => unknown) => {
    const before = tf.memory().numTensors;
    expect(run).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  };
  test.each([
    [
      'shapes that do not fit',
      /labels have shape \[2\] and logits have shape \[4,3\]/,
      () => softmaxCrossEntropy([1, 2], X),
    ],
    ['a scalar', /must have an axis of classes/, () => softmaxCrossEntropy(0, 1)],
    ['axis', /axis 2 is out of range/, () => softmaxCrossEntropy(CLASSES, X, {axis: 2})],
    [
      'labelSmoothing',
      /labelSmoothing must be at least 0 and below 1, but got 1/,
      () => softmaxCrossEntropy(CLASSES, X, {labelSmoothing: 1}),
    ],
    [
      'reduction',
      /reduction must be 'none', 'mean' or 'sum', but got 'max'/,
      () => softmaxCrossEntropy(CLASSES, X, {reduction: 'max' as never}),
    ],
    [
      'ignoreIndex with distributions',
      /ignoreIndex is for class indices/,
      () => softmaxCrossEntropy(oneHot, X, {ignoreIndex: 0}),
    ],
    [
      'ignoreIndex that is no integer',
      /ignoreIndex must be a 32-bit integer, but got 0.5/,
      () => softmaxCrossEntropy(CLASSES, X, {ignoreIndex: 0.5}),
    ],
    [
      'classWeights of another length',
      /classWeights has shape \[2\]. It must broadcast to \[3\]/,
      () => softmaxCrossEntropy(CLASSES, X, {classWeights: [1, 2]}),
    ],
    [
      'weights of another shape',
      /weights has shape \[3\]. It must broadcast to \[4\]/,
      () => softmaxCrossEntropy(CLASSES, X, {weights: [1, 2, 3]}),
    ],
  ] as const)('%s', (_, message, run) => fails(message, run));

  test('class indices that are not int32', () => {
    const labels = tf.tensor1d([0, 1, 2, 0]);
    fails(/class indices have dtype float32\. They must be int32/, () => softmaxCrossEntropy(labels, X));
  });
});
