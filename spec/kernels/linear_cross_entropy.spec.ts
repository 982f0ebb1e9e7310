import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {
  checkGradients,
  type Input,
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
  softmaxCrossEntropy,
} from '../../index';
import {matrixProduct, transposed} from '../../kernels/primitives';
import {gradientDepth} from '../../tfjs/tape';
import {exactLinear, type LinearCase, linearCase, relativeError} from '../cases/linear';
import {Random} from '../cases/random';
import {recordKernels} from '../hosts/kernels';

type T = tf.Tensor;

/** tfjs's own gradients are not loaded here: they are not needed. */
test("tfjs's own gradients are not loaded here", () => {
  for (const kernel of ['BatchMatMul', 'Multiply', 'Slice', 'Concat']) expect(tf.getGradient(kernel)).toBeUndefined();
});

/** The tensors of a case. */
function tensorsOf({rows, features, classes, hidden, weights, bias, labels}: LinearCase) {
  return {
    hidden: tf.tensor2d(hidden as Float32Array, [rows, features]),
    weights: tf.tensor2d(weights, [features, classes]),
    bias: bias && tf.tensor1d(bias),
    labels: labels instanceof Int32Array ? tf.tensor1d(labels, 'int32') : tf.tensor2d(labels, [rows, classes]),
  };
}

/** Runs and tidies up; nothing may be left, and tfjs must be as it was. */
function tidily<R>(run: () => R): R {
  const held = () => [tf.memory().numTensors, tf.memory().numDataBuffers];
  const before = held();
  const result = tf.tidy(run as () => undefined) as R;
  expect(held()).toEqual(before);
  const {state} = tf.engine() as unknown as {state: {gradientDepth: number; kernelDepth: number; activeTape?: unknown}};
  expect([state.gradientDepth, state.kernelDepth, state.activeTape ?? null]).toEqual([0, 0, null]);
  return result;
}

/** The loss, and its gradients in hidden, weights and bias, as numbers. */
function run(given: LinearCase, options: LinearCrossEntropyOptions = {}, cotangent?: number[]) {
  return tidily(() => {
    const {hidden, weights, bias, labels} = tensorsOf(given);
    const xs = bias ? [hidden, weights, bias] : [hidden, weights];
    const f = (h: T, w: T, b?: T) =>
      linearCrossEntropy(h, w, labels, {labelSmoothing: given.smoothing, bias: b ?? null, ...options});
    const value = f(hidden, weights, bias ?? undefined);
    const dy = cotangent && tf.tensor1d(cotangent);
    const gradients = tf.grads(f as (...xs: T[]) => T)(xs, dy);
    expect(gradients.map(({shape}) => shape)).toEqual(xs.map(({shape}) => shape));
    return {
      value: value.dataSync(),
      shape: value.shape,
      gradients: gradients.map((gradient) => gradient.dataSync().slice()),
    };
  });
}

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  test.each([
    ['class indices', linearCase([7, 5, 11])],
    ['class indices, no bias', linearCase([7, 5, 11], {bias: false})],
    ['class indices, smoothed', linearCase([9, 4, 6], {smoothing: 0.1})],
    ['distributions', linearCase([7, 5, 11], {sparse: false})],
    ['distributions, smoothed', linearCase([6, 3, 8], {sparse: false, smoothing: 0.2})],
    ['one row', linearCase([1, 6, 5])],
    ['one feature, one class', linearCase([5, 1, 1])],
    ['more classes than are summed in one go', linearCase([5, 3, 2500])],
    ['more features than rows of a chunk', linearCase([6, 40, 9])],
  ])('%s, in chunks of 1 to all rows', (_, given) => {
    const exact = exactLinear(given);
    const names = ['hidden', 'weights', 'bias'] as const;
    for (const chunkRows of [1, 2, 3, 4, 5, 6, 7, 8, 1000, undefined]) {
      const options = chunkRows === undefined ? {} : {chunkRows};
      for (const reduction of ['sum', 'mean'] as const) {
        const factor = reduction === 'mean' ? 1 / given.rows : 1;
        const {value, shape, gradients} = run(given, {...options, reduction});
        expect(shape).toEqual([]);
        expect(relativeError(value, [exact.total * factor])).toBeLessThan(1e-6);
        gradients.forEach((gradient, i) => {
          const expected = exact[names[i]!].map((value) => value * factor);
          expect(relativeError(gradient, expected)).toBeLessThan(2e-6);
        });
      }
      const cotangent = Array.from({length: given.rows}, (_, i) => 1 - (i % 3));
      const each = exactLinear({...given, shares: cotangent});
      const {value, shape, gradients} = run(given, {...options, reduction: 'none'}, cotangent);
      expect(shape).toEqual([given.rows]);
      expect(relativeError(value, exact.losses)).toBeLessThan(1e-6);
      gradients.forEach((gradient, i) => {
        expect(relativeError(gradient, each[names[i]!])).toBeLessThan(2e-6);
      });
    }
  });

  test.each([
    ['weights of rows', {weights: [1, 0, 2, 0.5, 3, 1, 1]}],
    ['a weight for all rows', {weights: 2}],
    ['weights of classes', {classWeights: [1, 2, 0.5, 3, 1]}],
    [
      'weights of both, smoothed',
      {classWeights: [1, 2, 0.5, 3, 1], weights: [1, 0, 2, 0.5, 3, 1, 1], labelSmoothing: 0.1},
    ],
    ['ignoreIndex', {ignoreIndex: 2}],
    ['an ignoreIndex that is no class', {ignoreIndex: -100, classWeights: [1, 2, 0.5, 3, 1]}],
  ] as [string, LinearCrossEntropyOptions][])('%s, as of softmaxCrossEntropy', (_, options) => {
    const given = linearCase([7, 3, 5]);
    given.labels.set([0, 2, 4, 2, 1, 3, 0]);
    if (options.ignoreIndex === -100) given.labels.set([-100, -100], 1);
    for (const reduction of ['none', 'mean', 'sum'] as const) {
      const ours = run(given, {...options, reduction, chunkRows: 3});
      const whole = tidily(() => {
        const {hidden, weights, bias, labels} = tensorsOf(given);
        const logits = (h: T, w: T) => tf.add(matrixProduct(h, w, false, false), bias!);
        const f = (h: T, w: T) => softmaxCrossEntropy(labels, logits(h, w), {...options, reduction});
        return {
          value: f(hidden, weights).dataSync(),
          gradients: tf
            .grads(f)([hidden, weights])
            .map((gradient) => gradient.dataSync().slice()),
        };
      });
      expect(relativeError(ours.value, whole.value)).toBeLessThan(1e-6);
      whole.gradients.forEach((gradient, i) => {
        expect(relativeError(ours.gradients[i]!, gradient)).toBeLessThan(2e-6);
      });
    }
  });

  test('derivatives in everything that has one, up to the third', () => {
    const random = new Random(4);
    const tensor = (shape: number[], sigma = 1) =>
      tf.tensor(random.normals(tf.util.sizeFromShape(shape), sigma), shape);
    const before = tf.memory().numTensors;
    const inputs = {h: tensor([5, 3]), w: tensor([3, 4], 0.5), b: tensor([4]), q: tensor([5, 4]), r: tensor([5])};
    const {h, w, b, q, r} = inputs;
    const positive = tf.tidy(() => tf.add(tf.square(r), 1));
    for (const reduction of ['none', 'mean'] as const) {
      const dense = (h: T, w: T, b: T, q: T, r: T) =>
        linearCrossEntropy(h, w, q, {bias: b, weights: r, reduction, chunkRows: 2, labelSmoothing: 0.1});
      checkGradients(dense, [h, w, b, q, positive], {order: 2});
    }
    const sparse = (h: T, w: T) => linearCrossEntropy(h, w, [0, 3, 2, 1, 1], {chunkRows: 3});
    checkGradients(sparse, [h, w], {order: 3});
    tf.dispose([...Object.values(inputs), positive]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('the logits are computed once where the loss is differentiated once', () => {
    const given = linearCase([6, 3, 5]);
    const products = (reduction: 'none' | 'sum') =>
      recordKernels(
        () => run(given, {chunkRows: 2, reduction}, reduction === 'none' ? [1, 1, 1, 1, 1, 1] : undefined),
        (name) => name === 'sparseCrossEntropy',
      ).kernels.length;
    // Three chunks for the value, and three for the value with gradients.
    expect(products('sum')).toBe(6);
    // And three for each gradient.
    expect(products('none')).toBe(6 + 9);
  });

  test('hidden of any rank', () => {
    tidily(() => {
      const random = new Random(5);
      const hidden = random.normals(24);
      const w = tf.tensor2d(random.normals(20), [4, 5]);
      const labels = [0, 1, 2, 3, 4, 0];
      const flat = linearCrossEntropy(tf.tensor2d(hidden, [6, 4]), w, labels, {reduction: 'none', chunkRows: 4});
      const shaped = linearCrossEntropy(tf.tensor(hidden, [2, 3, 4]), w, tf.tensor2d(labels, [2, 3], 'int32'), {
        reduction: 'none',
        chunkRows: 4,
        weights: [[1], [1]],
      });
      expect(shaped.shape).toEqual([2, 3]);
      expect(shaped.dataSync()).toEqual(flat.dataSync());
      const [gradient] = tf.grads((h: T) => linearCrossEntropy(h, w, tf.tensor2d(labels, [2, 3], 'int32')))([
        tf.tensor(hidden, [2, 3, 4]),
      ]);
      expect(gradient!.shape).toEqual([2, 3, 4]);
      const one = linearCrossEntropy(hidden.slice(0, 4), w, 0, {reduction: 'none'});
      expect(one.shape).toEqual([]);
      expect(one.dataSync()[0]).toBeCloseTo(flat.dataSync()[0]!, 5);
      const mapped = linearCrossEntropy([[true, false, true, true]], [[1], [2], [3], [4]] as Input, [0]);
      expect(mapped.dataSync()).toEqual(Float32Array.of(0));
    });
  });

  describe('special values', () => {
    const given = linearCase([6, 3, 5], {bias: false});

    test('no rows, no features', () => {
      const none = linearCase([0, 3, 5]);
      const {value, gradients} = run(none);
      expect(Array.from(value)).toEqual([0]);
      expect(gradients.map((gradient) => gradient.every((x) => x === 0))).toEqual([true, true, true]);
      expect(run(none, {reduction: 'none'}, []).shape).toEqual([0]);
      const featureless = run(linearCase([4, 0, 5], {bias: false}), {chunkRows: 3});
      expect(featureless.value[0]).toBeCloseTo(Math.log(5), 6);
      expect(featureless.gradients.map(({length}) => length)).toEqual([0, 0]);
    });

    test('no classes: every index is none', () => {
      const value = tidily(() =>
        linearCrossEntropy(tf.ones([3, 2]), tf.ones([2, 0]), [0, 1, 2], {reduction: 'none', chunkRows: 2}).dataSync(),
      );
      expect(Array.from(value)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    });

    test.each([
      {},
      {weights: [1, 2, 0, 1]},
      {classWeights: [2, 1]},
      {ignoreIndex: 7},
      {weights: 3, classWeights: [2, 1], ignoreIndex: 7},
    ])('a mean of losses whose sum overflows: %p', (options) => {
      const [value, slope] = tidily(() => {
        const [hidden, weights] = [tf.ones([4, 1]), tf.tensor2d([[-2e38, 1e38]])];
        const f = (w: T) => linearCrossEntropy(hidden, w, [0, 0, 0, 0], {chunkRows: 3, ...options});
        return [f(weights).dataSync()[0]! / 3e38, tf.grad(f)(weights).dataSync()];
      }) as [number, ArrayLike<number>];
      expect(value).toBeCloseTo(1, 5);
      expect([slope[0], slope[1]]).toEqual([expect.closeTo(-1, 5), expect.closeTo(1, 5)]);
    });

    test('a bias of no classes and weights of no rows have a gradient all the same', () => {
      const gradient = ([rows, classes]: [number, number], name: 'bias' | 'weights', length: number) =>
        tidily(() => {
          const [hidden, weights, labels] = [
            [rows, 2],
            [2, classes],
            [rows, classes],
          ].map((shape) => tf.ones(shape));
          const f = (x: T) => linearCrossEntropy(hidden!, weights!, labels!, {[name]: x});
          return Array.from(
            tf
              .grad(f)(tf.ones([length]))
              .dataSync(),
          );
        });
      expect([gradient([3, 0], 'bias', 0), gradient([3, 0], 'bias', 1)]).toEqual([[], [0]]);
      expect([gradient([0, 3], 'weights', 0), gradient([0, 3], 'weights', 1)]).toEqual([[], [0]]);
    });

    test('rows that are ignored throughout: no loss, no gradient', () => {
      const ignored = {...given, labels: new Int32Array(6).fill(3)};
      for (const reduction of ['mean', 'sum'] as const) {
        const {value, gradients} = run(ignored, {ignoreIndex: 3, reduction, chunkRows: 4});
        expect(Array.from(value)).toEqual([0]);
        for (const gradient of gradients) expect(gradient.every((x) => x === 0)).toBe(true);
      }
    });

    test('an index that is no class makes its loss NaN, and no other', () => {
      const labels = Int32Array.from(given.labels);
      labels[3] = 5;
      const {value} = run({...given, labels}, {reduction: 'none', chunkRows: 2}, [1, 1, 1, 1, 1, 1]);
      expect(Array.from(value, Number.isNaN)).toEqual([false, false, false, true, false, false]);
    });

    test('NaN and infinities stay in their row', () => {
      const hidden = Float32Array.from(given.hidden);
      hidden[3] = Number.NaN;
      hidden[9] = Number.POSITIVE_INFINITY;
      const {value, gradients} = run({...given, hidden}, {reduction: 'none', chunkRows: 2}, [1, 1, 1, 1, 1, 1]);
      expect(Array.from(value, Number.isNaN)).toEqual([false, true, false, true, false, false]);
      const ofRows = [0, 1, 2, 3, 4, 5].map((i) => gradients[0]!.slice(3 * i, 3 * i + 3).some(Number.isNaN));
      expect(ofRows).toEqual([false, true, false, true, false, false]);
    });

    test('a bias of -Infinity takes a class out', () => {
      const labels = Int32Array.of(0, 1, 2, 3, 0, 1);
      const bias = Float32Array.of(0, 0, 0, 0, Number.NEGATIVE_INFINITY);
      const less = {...given, classes: 4, labels, weights: given.weights.filter((_, i) => i % 5 !== 4)};
      const {value, gradients} = run({...given, labels, bias}, {chunkRows: 4});
      expect(value[0]).toBeCloseTo(exactLinear(less).total / 6, 5);
      expect(Array.from(gradients[1]!).filter((_, i) => i % 5 === 4)).toEqual([0, 0, 0]);
      expect(gradients[2]![4]).toBe(0);
    });
  });

  test('of tensors that tf.tidy disposes, in a scope that is named like a kernel', () => {
    const {hidden, weights, labels} = tensorsOf(linearCase([6, 3, 5], {bias: false}));
    for (const reduction of ['sum', 'none'] as const) {
      const loss = (h: T, w: T) => linearCrossEntropy(h, w, labels, {chunkRows: 2, reduction});
      const copy = (t: T) => matrixProduct(t, tf.eye(t.shape[1]!), false, false);
      const direct = tf.tidy(() =>
        tf
          .grads(loss)([hidden, weights])
          .map((gradient) => gradient.dataSync()),
      );
      const within = tf.tidy(() =>
        tf
          .grads((h: T, w: T) => tf.tidy('softmax', () => loss(copy(h), copy(w))))([hidden, weights])
          .map((gradient) => gradient.dataSync()),
      );
      direct.forEach((gradient, i) => {
        expect(relativeError(within[i]!, gradient)).toBeLessThan(1e-6);
      });
    }
    tf.dispose([hidden, weights, labels]);
  });

  test('gradients in labels and in weights of rows and classes, where those of the layer are made within', () => {
    const others = {
      labels: tf.ones([4, 3]),
      weights: tf.tensor1d([1, 2, 3, 4]),
      classWeights: tf.tensor1d([1, 2, 1]),
    };
    const [hidden, table] = [tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), tf.tensor2d([1, 0, 2, 1, 1, 3], [3, 2])];
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      for (const name of ['labels', 'weights', 'classWeights'] as const) {
        const loss = (weights: T) => (x: T) => {
          const {labels, ...options} = {...others, [name]: x};
          return linearCrossEntropy(hidden, weights, labels, {...options, reduction, chunkRows: 3});
        };
        const [within, before] = tidily(() => {
          const weights = transposed(table, [1, 0]);
          const made = (x: T) => loss(transposed(table, [1, 0]))(x);
          return [made, loss(weights)].map((f) => tf.grad(f)(others[name]).dataSync());
        }) as Float32Array[];
        expect(Math.max(...before!.map(Math.abs))).toBeGreaterThan(0.01);
        expect(within).toEqual(before);
      }
    }
    tf.dispose([hidden, table, ...Object.values(others)]);
  });

  test('what was recorded before the inner tf.grad began is derived twice too', () => {
    const random = new Random(6);
    const [x0, direction, values] = [random.normals(8), random.normals(8), random.normals(12)];
    const loss = (t: T) => linearCrossEntropy(t, tf.tensor2d(values, [4, 3]), [0, 2], {chunkRows: 1});
    const outer = (afterwards: (logits: T) => void) => (x: T) => {
      const hidden = matrixProduct(
        x,
        tf.tensor2d([2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2], [4, 4]),
        false,
        false,
      );
      const y = loss(hidden);
      afterwards(hidden);
      const inner = tf.grad(() => matrixProduct(tf.ones([1, 1]), asMatrix(y), false, false))(x);
      return inner;
    };
    const asMatrix = (y: T) =>
      tf.customGrad((t) => ({value: tf.reshape(t as T, [1, 1]), gradFunc: (dy: T) => tf.reshape(dy, [])}))(y);
    const cotangent = () => tf.tensor2d(direction, [2, 4]);
    const before = tidily(() =>
      tf
        .grad(outer(() => {}))(tf.tensor2d(x0, [2, 4]), cotangent())
        .dataSync(),
    );
    const nested = tidily(() => {
      const gradient = tf.grad((x: T) => loss(matrixProduct(x, tf.mul(tf.eye(4), 2), false, false)));
      return tf
        .grad((x) => gradient(x))(tf.tensor2d(x0, [2, 4]), cotangent())
        .dataSync();
    });
    expect(Math.max(...nested.map(Math.abs))).toBeGreaterThan(0.01);
    expect(relativeError(before, nested)).toBeLessThan(2e-6);
    const gone = tidily(() =>
      tf
        .grad(outer((hidden) => hidden.dispose()))(tf.tensor2d(x0, [2, 4]), cotangent())
        .dataSync(),
    );
    expect(relativeError(gone, nested)).toBeLessThan(2e-6);
    const weights = tf.tensor2d(values, [4, 3]);
    const twice = (x: T) => {
      const y = linearCrossEntropy(x, weights, [0, 2]);
      weights.dispose();
      return tf.grad(() => matrixProduct(tf.ones([1, 1]), asMatrix(y), false, false))(x);
    };
    expect(() => tf.tidy(() => tf.grad(twice)(tf.tensor2d(x0, [2, 4]), cotangent()))).toThrow(
      'linearCrossEntropy: weights is a tensor that was disposed.',
    );
  });

  test('within a customGrad, and beside a loss that throws', () => {
    const {hidden, weights, labels} = tensorsOf(linearCase([6, 3, 5], {bias: false}));
    const before = tf.memory().numTensors;
    const custom = tf.customGrad((h) => ({
      value: linearCrossEntropy(h as T, weights, labels, {chunkRows: 2}),
      gradFunc: (dy: T) => tf.mul(tf.onesLike(hidden), dy),
    }));
    expect(
      Array.from(
        tf.tidy(() =>
          tf
            .grad((h) => custom(h))(hidden)
            .dataSync(),
        ),
      ),
    ).toEqual(new Array(18).fill(1));
    expect(() => tf.tidy(() => tf.grad((h: T) => linearCrossEntropy(h, weights, [0]))(hidden))).toThrow(
      /labels have shape/,
    );
    expect(gradientDepth()).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([hidden, weights, labels]);
  });

  test('memory at each kernel stays at an eighth of the logits', () => {
    const [rows, features, classes] = [512, 32, 4000];
    const {hidden, weights, bias, labels} = tensorsOf(linearCase([rows, features, classes]));
    const logits = 4 * rows * classes;
    const chunkRows = 8;
    const peak = (action: () => T[]) => {
      const before = tf.memory().numBytes;
      let most = 0;
      let results: T[] = [];
      recordKernels(
        () => {
          results = action();
        },
        () => {
          most = Math.max(most, tf.memory().numBytes);
          return false;
        },
      );
      const own = results.reduce((bytes, {size}) => bytes + 4 * size, 0);
      tf.dispose(results);
      expect(tf.memory().numBytes).toBe(before);
      return (most - before - own) / logits;
    };
    const f = (h: T, w: T, b: T) => linearCrossEntropy(h, w, labels, {bias: b, chunkRows});
    const each = (h: T, w: T, b: T) => linearCrossEntropy(h, w, labels, {bias: b, chunkRows, reduction: 'none'});
    expect(peak(() => [f(hidden, weights, bias!)])).toBeLessThan(1 / 16);
    expect(peak(() => tf.grads(f)([hidden, weights, bias!]))).toBeLessThan(1 / 8);
    const ones = tf.ones([rows]);
    expect(peak(() => tf.grads(each)([hidden, weights, bias!], ones))).toBeLessThan(1 / 8);
    tf.dispose([hidden, weights, bias!, labels, ones]);
  });
});

test('the default chunk', async () => {
  await tf.setBackend('cpu');
  const chunks = (rows: number, classes: number) =>
    tf.tidy(() => {
      const count = () => linearCrossEntropy(tf.ones([rows, 1]), tf.ones([1, classes]), tf.zeros([rows], 'int32'));
      return recordKernels(count, (name) => name === 'sparseCrossEntropy').kernels.length;
    });
  expect(chunks(1000, 10)).toBe(1); // 40 KB
  expect(chunks(100, 20_000)).toBe(8); // 13 rows are 1 MiB
  expect(chunks(1280, 20_000)).toBe(22); // 60 rows are 3/64, 4.8 MB
});

describe('errors', () => {
  const h = [[1, 2, 3]];
  const w = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  test.each([
    [
      'hidden has shape [3,1] and weights have shape [3,2]. Allowed are [..., D] and [D, V]',
      () => linearCrossEntropy([[1], [2], [3]], w, [0, 1, 0]),
    ],
    ['hidden has shape [] and weights', () => linearCrossEntropy(1, w, 0)],
    ['hidden has shape [1,3] and weights have shape [3].', () => linearCrossEntropy(h, [1, 2, 3], [0])],
    [
      'labels have shape [2] and logits have shape [1,2]. Allowed are [1,2] for distributions and [1] for class indices',
      () => linearCrossEntropy(h, w, [0, 1]),
    ],
    ['class indices have dtype float32. They must be int32', () => linearCrossEntropy(h, w, tf.zeros([1]))],
    ['bias has shape [3]. It must broadcast to [2]', () => linearCrossEntropy(h, w, [0], {bias: [1, 2, 3]})],
    ['chunkRows must be an integer of 1 or more, but got 0.', () => linearCrossEntropy(h, w, [0], {chunkRows: 0})],
    ['chunkRows must be an integer of 1 or more, but got 2.5.', () => linearCrossEntropy(h, w, [0], {chunkRows: 2.5})],
    [
      "chunkRows must be an integer of 1 or more, but got '2'.",
      () => linearCrossEntropy(h, w, [0], {chunkRows: '2' as never}),
    ],
    [
      "reduction must be 'none', 'mean' or 'sum', but got 'average'",
      () => linearCrossEntropy(h, w, [0], {reduction: 'average' as never}),
    ],
    [
      'labelSmoothing must be at least 0 and below 1, but got 1',
      () => linearCrossEntropy(h, w, [0], {labelSmoothing: 1}),
    ],
    ['ignoreIndex must be a 32-bit integer, but got 0.5', () => linearCrossEntropy(h, w, [0], {ignoreIndex: 0.5})],
    [
      'ignoreIndex is for class indices, but the labels are distributions',
      () => linearCrossEntropy(h, w, [[0, 1]], {ignoreIndex: 1}),
    ],
    ['weights has shape [2]. It must broadcast to [1]', () => linearCrossEntropy(h, w, [0], {weights: [1, 2]})],
    [
      'classWeights has shape [3]. It must broadcast to [2]',
      () => linearCrossEntropy(h, w, [0], {classWeights: [1, 2, 3]}),
    ],
    ['options must be an object, but got 3', () => linearCrossEntropy(h, w, [0], 3 as never)],
    ["hidden is or holds 'text'", () => linearCrossEntropy('text' as never, w, [0])],
  ])('%s', (message, call) => {
    const before = tf.memory().numTensors;
    let thrown: unknown = null;
    try {
      tf.tidy(call as () => T);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as Error).message).toContain(`linearCrossEntropy: ${message}`);
    expect(tf.memory().numTensors).toBe(before);
  });
});
