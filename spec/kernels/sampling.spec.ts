import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {type CategoricalOptions, categorical, gumbelSoftmax, softmaxCrossEntropy} from '../../index';
import {gumbelNoise, philox, toSeed} from '../../kernels/random';
import * as reference from '../../kernels/reference';
import {Random} from '../cases/random';

/** That every backend draws the same, fuzzing holds to, with each option. Here: whether these are the right draws. */

describe('Philox4x32-10', () => {
  test.each([
    ['0', [0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['all bits', [-1, -1, -1, -1], [2 ** 32 - 1, 2 ** 32 - 1], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [
      'the digits of pi',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const)('known answers of Random123: %s', (_, [c0, c1, c2, c3], key, expected) => {
    const words = new Uint32Array(4);
    philox(words, c0, c1, c2, c3, key);
    expect(Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(expected);
  });

  test('seeds that differ in any of 54 bits make other noise', () => {
    const first = (seed: number) => gumbelNoise(toSeed('', seed), {outer: 1, n: 1, inner: 1})[0];
    const seeds = [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 52, -(2 ** 52), Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map(first)).size).toBe(seeds.length);
  });

  test('the noise of an element depends on its row and its place in it, not on how many there are', () => {
    const all = gumbelNoise([5, 6], {outer: 2, n: 7, inner: 3});
    const rows = gumbelNoise([5, 6], {outer: 6, n: 5, inner: 1});
    for (let row = 0; row < 6; row++) {
      for (let j = 0; j < 5; j++) {
        expect(rows[row * 5 + j]).toBe(all[(Math.floor(row / 3) * 7 + j) * 3 + (row % 3)]);
      }
    }
  });
});

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  let before: number;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => expect(tf.memory().numTensors).toBe(before));

  const drawn = (logits: Parameters<typeof categorical>[0], options: CategoricalOptions, axis = -1) =>
    tf.tidy(() => Array.from(categorical(logits, axis, options).dataSync()));

  describe('frequencies, by chi-squared', () => {
    const logits = [0.5, -1, 2, -Infinity, 0, 1.5, -3];
    const DRAWS = 40_000;

    test.each<[string, CategoricalOptions, (x: number[]) => number[]]>([
      ['as they are', {}, (x) => x],
      ['a low temperature', {temperature: 0.5}, (x) => x.map((v) => v / 0.5)],
      ['a high temperature', {temperature: 4}, (x) => x.map((v) => v / 4)],
      ['topK', {topK: 3}, (x) => x.map((v) => (v >= 0.5 ? v : -Infinity))],
      // Probabilities .50, .31, .11, .07: the third reaches .9.
      ['topP', {topP: 0.9}, (x) => x.map((v) => (v >= 0.5 ? v : -Infinity))],
      // Of .55, .33 and .12 two reach .85, of all together three.
      ['topP of what topK leaves', {topK: 3, topP: 0.85}, (x) => x.map((v) => (v >= 1.5 ? v : -Infinity))],
      [
        'a mask',
        {mask: [true, true, false, true, true, true, true]},
        (x) => x.map((v, i) => (i === 2 ? -Infinity : v)),
      ],
    ])('%s', (_, options, effective) => {
      const p = reference.softmax(effective(logits));
      expectDistribution(drawn(logits, {...options, samples: DRAWS, seed: 1}), p);
      // One draw each of many rows, which have noise of their own.
      const rows = tf.tidy(() => tf.tile(tf.tensor2d([logits]), [DRAWS, 1]));
      expectDistribution(drawn(rows, {...options, seed: 2}), p);
      rows.dispose();
    });

    test('the tail: classes that are drawn once in ten thousand times', () => {
      const p = [0.9995, 0.0002, 0.0001, 0.0002];
      expectDistribution(drawn(p.map(Math.log), {samples: 400_000, seed: 3}), Float64Array.from(p));
    });

    test('an offset far above the logits rounds no draw away', () => {
      const x = [4096, 4097, 4098];
      expectDistribution(drawn(x, {samples: DRAWS, seed: 4}), reference.softmax(x));
    });

    test('samples of one row are independent, and so are rows', () => {
      const dice = drawn(new Float32Array(3), {samples: DRAWS, seed: 5});
      const pairs = dice.slice(1).map((die, i) => 3 * dice[i]! + die);
      expectDistribution(
        pairs.filter((_, i) => i % 2 === 0),
        new Float64Array(9).fill(1 / 9),
      );
      const rows = drawn([new Float32Array(3), new Float32Array(3)], {samples: DRAWS, seed: 5});
      const across = rows.slice(0, DRAWS).map((die, i) => 3 * die + rows[DRAWS + i]!);
      expectDistribution(across, new Float64Array(9).fill(1 / 9));
    });
  });

  test('what topK and topP keep, exactly, with the first of equal ones', () => {
    const kept = (x: number[], options: CategoricalOptions) =>
      [...new Set(drawn(x, {...options, samples: 2000, seed: 6}))].sort((a, b) => a - b);
    expect(kept([1, 3, 3, 3, 2], {topK: 1})).toEqual([1]);
    expect(kept([1, 3, 3, 3, 2], {topK: 2})).toEqual([1, 2]);
    expect(kept([1, 3, 3, 3, 2], {topK: 4})).toEqual([1, 2, 3, 4]);
    expect(kept([0, 0, 0, 0], {topP: 0.5})).toEqual([0, 1]);
    expect(kept([0, 0, 0, 0], {topP: 0.51})).toEqual([0, 1, 2]);
    expect(kept([0, 0, 0, 0], {topP: 1e-12})).toEqual([0]);
    expect(kept([0.5, 0.3, 0.2].map(Math.log), {topP: 0.8})).toEqual([0, 1]);
    expect(kept([0.2, 0.3, 0.5].map(Math.log), {topP: 0.5})).toEqual([2]);
    expect(kept([1, NaN, 1, 1], {mask: [true, false, false, true], topK: 3})).toEqual([0, 3]);
  });

  test('the nucleus of 50,000 classes, as sums in float64 have it', () => {
    const random = new Random(11);
    const x = random.normals(50_000, 2);
    const p = reference.softmax(x);
    const inOrder = Array.from(x.keys()).sort((a, b) => x[b]! - x[a]! || a - b);
    const nucleus = new Set<number>();
    for (let sum = 0, rank = 0; sum < 0.3; rank++) {
      nucleus.add(inOrder[rank]!);
      sum += p[inOrder[rank]!]!;
    }
    const draws = drawn(x, {samples: 40, topP: 0.3, seed: 12});
    expect(draws.filter((token) => !nucleus.has(token))).toEqual([]);
    // As the first so many alone, drawn by topK.
    expect(draws).toEqual(drawn(x, {samples: 40, topK: nucleus.size, seed: 12}));
  });

  test('temperature 0 is the first maximum', () => {
    expect(
      drawn(
        [
          [1, 5, 5],
          [7, 2, 7],
        ],
        {temperature: 0},
      ),
    ).toEqual([1, 0]);
    expect(drawn(new Array(300).fill(2), {temperature: 0, samples: 3})).toEqual([0, 0, 0]);
    expect(
      drawn(
        [
          [1, 5, 5],
          [7, 2, 7],
        ],
        {temperature: 0, mask: [false, false, true]},
      ),
    ).toEqual([2, 2]);
  });

  test('a row without a distribution gives -1, and no other row does', () => {
    const rows = [
      [0, 1],
      [NaN, 1],
      [-Infinity, -Infinity],
      [Infinity, 0],
      [-Infinity, 0],
      [3.4e38, -3.4e38],
    ];
    for (const options of [{}, {temperature: 0}, {topK: 1}, {topP: 0.5}, {topK: 2, topP: 0.5}]) {
      const draws = drawn(rows, {...options, seed: 7});
      expect(draws.map((d) => d === -1)).toEqual([false, true, true, true, false, false]);
      expect(draws.slice(4)).toEqual([1, 0]);
    }
    expect(
      drawn(
        [
          [1, 2],
          [3, 4],
        ],
        {
          mask: [
            [false, false],
            [true, false],
          ],
        },
      ),
    ).toEqual([-1, 0]);
    expect(
      drawn(
        tf.tidy(() => tf.keep(tf.zeros([3, 0]))),
        {},
      ),
    ).toEqual([-1, -1, -1]);
    before++; // the tensor above
  });

  test('the first of many samples is the one drawn alone, and all are the same along any axis', () => {
    const x = tf.tensor(new Random(1).normals(60), [3, 4, 5]);
    const many = tf.tidy(() => categorical(x, 1, {samples: 6, seed: 8}));
    expect(many.shape).toEqual([3, 6, 5]);
    expect(many.dtype).toBe('int32');
    const [first, turned] = tf.tidy(() => [
      categorical(x, 1, {seed: 8}),
      tf.transpose(categorical(tf.transpose(x, [0, 2, 1]), 2, {samples: 6, seed: 8}), [0, 2, 1]),
    ]);
    expect(first!.shape).toEqual([3, 5]);
    expect(first!.dataSync()).toEqual(tf.tidy(() => tf.slice(many, [0, 0, 0], [3, 1, 5]).dataSync()));
    expect(turned!.dataSync()).toEqual(many.dataSync());
    tf.dispose([x, many, first!, turned!]);
  });

  test('noise for many samples is made in parts, which changes nothing', () => {
    const x = new Random(2).normals(50_000);
    const draws = drawn(x, {samples: 100, seed: 9}); // of five million numbers
    expect(draws.slice(0, 3)).toEqual(drawn(x, {samples: 3, seed: 9}));
    expect(new Set(draws).size).toBeGreaterThan(50);
  });

  test('without a seed every call draws anew', () => {
    const x = new Float32Array(1000);
    expect(drawn(x, {samples: 4})).not.toEqual(drawn(x, {samples: 4}));
    expect(drawn(x, {samples: 4, seed: 0})).toEqual(drawn(x, {samples: 4, seed: 0}));
  });

  test('gradients take draws for constants, as REINFORCE needs', () => {
    const x = tf.tensor2d([
      [1, 2, 0.5],
      [0, 0, 3],
    ]);
    const chosen = tf.tidy(() => categorical(x, -1, {seed: 10}));
    const loss = (actions: (logits: tf.Tensor) => tf.Tensor) =>
      tf.tidy(() =>
        Array.from(
          tf
            .grad((logits) => softmaxCrossEntropy(actions(logits), logits))(x)
            .dataSync(),
        ),
      );
    expect(loss((logits) => categorical(logits, -1, {seed: 10}))).toEqual(loss(() => chosen));
    expect(() => tf.tidy(() => tf.grad((logits) => categorical(logits))(x))).toThrow(/Cannot compute gradient/);
    tf.dispose([x, chosen]);
  });

  describe('gumbelSoftmax', () => {
    const logits = [0.5, -1, 2, -Infinity, 0, 1.5, -3];
    const values = (of: () => tf.Tensor) => tf.tidy(() => Array.from(of().dataSync()));

    test('its largest element is the class that categorical draws with that seed, at any temperature', () => {
      const x = tf.tidy(() => tf.tile(tf.tensor2d([logits]), [500, 1]));
      const draws = drawn(x, {seed: 11});
      for (const temperature of [0.1, 1, 3]) {
        const largest = values(() => tf.argMax(gumbelSoftmax(x, -1, {temperature, seed: 11}), 1));
        expect(largest).toEqual(draws);
        expect(values(() => tf.argMax(gumbelSoftmax(x, -1, {temperature, seed: 11, hard: true}), 1))).toEqual(draws);
      }
      x.dispose();
    });

    test('hard is one-hot, and has the gradient of the soft sample', () => {
      const x = tf.tensor2d([logits, [...logits].reverse()]);
      const w = tf.tensor2d(new Random(12).normals(14), [2, 7]);
      const options = {temperature: 0.7, seed: 12};
      const rows = tf.tidy(() => gumbelSoftmax(x, -1, {...options, hard: true}).arraySync() as number[][]);
      for (const row of rows) expect([...row].sort().join()).toBe('0,0,0,0,0,0,1');
      const gradient = (hard: boolean) => values(() => tf.grad((t) => gumbelSoftmax(t, -1, {...options, hard}))(x, w));
      expect(gradient(true)).toEqual(gradient(false));
      expect(gradient(true).some((g) => g !== 0)).toBe(true);
      const second = (hard: boolean) =>
        values(() => tf.grad((t) => tf.grad((u) => gumbelSoftmax(u, -1, {...options, hard}))(t, w))(x, w));
      expect(second(true)).toEqual(second(false));
      tf.dispose([x, w]);
    });

    test('special values are those of softmax, soft or hard', () => {
      const rows = [
        [NaN, 1],
        [-Infinity, -Infinity],
        [Infinity, 0],
        [-Infinity, 0],
      ];
      for (const hard of [false, true]) {
        const y = values(() => gumbelSoftmax(rows, -1, {hard, seed: 13}));
        expect(y).toEqual([NaN, NaN, NaN, NaN, NaN, NaN, 0, 1]);
        expect(
          values(() =>
            gumbelSoftmax(
              [
                [NaN, 1],
                [1, 2],
              ],
              -1,
              {
                hard,
                mask: [
                  [false, false],
                  [true, false],
                ],
              },
            ),
          ),
        ).toEqual([0, 0, 1, 0]);
        expect(values(() => gumbelSoftmax(3, -1, {hard}))).toEqual([1]);
        expect(values(() => gumbelSoftmax([[], []], -1, {hard}))).toEqual([]);
      }
    });

    test('what a mask takes out has no gradient, whatever it holds', () => {
      const x = tf.tensor1d([1, NaN, 2, Infinity]);
      const mask = [true, false, true, false];
      const gradient = values(() =>
        tf.grad((t) => gumbelSoftmax(t, 0, {mask, seed: 14}))(x, tf.tensor1d([1, NaN, 0, 5])),
      );
      expect([gradient[1], gradient[3]].map(Math.abs)).toEqual([0, 0]);
      expect(gradient[0]).toBeGreaterThan(0);
      x.dispose();
    });

    test('the gradient is that of softmax at the noisy logits', () => {
      const x = tf.tensor1d([0.3, -0.2, 1]);
      const noise = gumbelNoise(toSeed('', 15), {outer: 1, n: 3, inner: 1});
      const noisy = [0.3, -0.2, 1].map((v, j) => v + noise[j]!);
      const y = reference.softmax(noisy.map((v) => v / 0.5));
      const exact = reference.softmaxProduct(y, [1, 0, 0]).map((g) => g / 0.5);
      const gradient = values(() =>
        tf.grad((t) => gumbelSoftmax(t, 0, {temperature: 0.5, seed: 15}))(x, tf.tensor1d([1, 0, 0])),
      );
      expect(Math.max(...gradient.map((g, i) => Math.abs(g - exact[i]!)))).toBeLessThan(1e-6);
      x.dispose();
    });
  });

  test('errors say what is allowed', () => {
    expect(() => categorical([1, 2], 0, {samples: 0})).toThrow(
      'categorical: samples must be a whole number from 1 on, but got 0. Leave it out if not needed.',
    );
    expect(() => categorical([1, 2], 0, {topK: 1.5})).toThrow('categorical: topK must be a whole number from 1 on');
    expect(() => categorical([1, 2], 0, {topP: 0})).toThrow(
      'categorical: topP must be above 0 and at most 1, but got 0.',
    );
    expect(() => categorical([1, 2], 0, {temperature: -1})).toThrow(
      'temperature must be 0 (for the likeliest class) or above',
    );
    expect(() => categorical([1, 2], 0, {seed: 0.5})).toThrow(
      'categorical: seed must be a whole number from -(2^53 - 1)',
    );
    expect(() => categorical([1, 2], 1)).toThrow('categorical: axis 1 is out of range for logits of shape [2]');
    expect(() => gumbelSoftmax([1, 2], 0, {temperature: 0})).toThrow(
      'gumbelSoftmax: temperature must be above 0, but got 0.',
    );
    expect(() => gumbelSoftmax([1, 2], 0, {hard: 1 as never})).toThrow('gumbelSoftmax: hard must be true or false');
    expect(() => tf.tidy(() => categorical(tf.zeros([2 ** 24 + 1])))).toThrow(
      'categorical: the axis has 16777217 classes, and indices of more than 16777216 would be rounded here.',
    );
  });
});

/** By Pearson's test, at a level of one in a million: seeds are fixed, so it fails always or never. */
function expectDistribution(draws: number[], p: Float64Array): void {
  const counts = new Array<number>(p.length).fill(0);
  for (const draw of draws) counts[draw]!++;
  let chiSquared = 0;
  let freedom = -1;
  p.forEach((pi, i) => {
    if (pi === 0) {
      expect(counts[i]).toBe(0);
      return;
    }
    freedom++;
    chiSquared += (counts[i]! - draws.length * pi) ** 2 / (draws.length * pi);
  });
  // The quantile by Wilson and Hilferty; 4.75 is that of the normal distribution.
  const limit = freedom * (1 - 2 / (9 * freedom) + 4.75 * Math.sqrt(2 / (9 * freedom))) ** 3;
  expect(draws.length).toBe(counts.reduce((a, b) => a + b));
  expect(chiSquared).toBeLessThan(limit);
}
