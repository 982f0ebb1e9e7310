import '@tensorflow/tfjs'; // the union package: chained ops, layers, cpu
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {install, uninstall} from '../../index';
import {logSoftmax, softmax} from '../../kernels/reference';
import {recordKernels} from '../hosts/kernels';
import {ROUTES} from '../models/routes';

/** A confident maximum in a wide row, where stock is more than 4 ULP off: tells whose kernel ran by its digits. */
const LOGITS = Float32Array.from({length: 1000}, (_, i) => 40 * Math.sin(i * i));

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => uninstall());

function registries() {
  return {
    kernels: tf.getKernelsForBackend('cpu').map(({kernelName, kernelFunc}) => [kernelName, kernelFunc]),
    softmaxGradient: tf.getGradient('Softmax'),
    ownProperties: Object.getOwnPropertyNames(tf.engine()),
    runKernel: tf.engine().runKernel,
    customGrad: tf.engine().customGrad,
  };
}

test.each(Object.entries(ROUTES))('%s runs our kernel', (_, {kernel, run}) => {
  const x = tf.tensor2d(LOGITS, [1, 1000]);
  const stock = recordKernels(() => run(x));
  expect(stock.kernels).toEqual([]);
  expect(install()).toEqual({
    routed: ['tf.softmax', 'tf.logSoftmax', 'tf.logSumExp', 'tf.losses.softmaxCrossEntropy'],
    notRouted: [],
  });
  const ours = recordKernels(() => run(x));
  expect(ours.kernels).toContain(kernel);
  expect(ours.result.shape).toEqual(stock.result.shape);
  uninstall();
  const after = recordKernels(() => run(x));
  expect(after.kernels).toEqual([]);
  expect(after.result.dataSync()).toEqual(stock.result.dataSync());
});

test('tf.logSumExp along any neighbouring axes is ours, and leaves nothing behind', () => {
  const x = tf.tensor(LOGITS.slice(0, 120), [2, 3, 4, 5]);
  const run = (axes: number | number[] | undefined, keepDims: boolean) =>
    tf.tidy(() => recordKernels(() => tf.logSumExp(x, axes, keepDims)));
  for (const axes of [0, 1, -1, [1, 2], [3, 2], [0, 1, 2, 3], undefined, [0, 2]]) {
    for (const keepDims of [false, true]) {
      const stock = run(axes, keepDims);
      install();
      const tensors = tf.memory().numTensors;
      const ours = run(axes, keepDims);
      expect(tf.memory().numTensors).toBe(tensors + 1);
      uninstall();
      // Axes 0 and 2 are not neighbours: tfjs's own way.
      expect(ours.kernels).toEqual(String(axes) === '0,2' ? [] : ['logSumExp']);
      expect(ours.result.shape).toEqual(stock.result.shape);
      const exact = stock.result.dataSync();
      ours.result.dataSync().forEach((value, i) => {
        expect(Math.abs(value - exact[i]!)).toBeLessThan(1e-5);
      });
    }
  }
});

test.each(['int32', 'bool'] as const)(
  'tf.losses.softmaxCrossEntropy of labels of %s, as tf.oneHot makes, is ours',
  (dtype) => {
    install();
    const logits = tf.tensor2d(LOGITS, [1, 1000]);
    const labels = tf.oneHot([7], 1000, 1, 0, dtype);
    const tensors = tf.memory().numTensors;
    const {result, kernels} = recordKernels(() =>
      tf.valueAndGrad((x) => tf.losses.softmaxCrossEntropy(labels, x) as tf.Scalar)(logits),
    );
    expect(tf.memory().numTensors).toBe(tensors + 2);
    expect(kernels).toEqual(['crossEntropy', 'crossEntropyGradient']);
    expect(result.value.dataSync()[0]).toBeCloseTo(-logSoftmax(LOGITS)[7]!, 4);
    const p = softmax(LOGITS);
    result.grad.dataSync().forEach((slope, i) => {
      expect(slope).toBeCloseTo(p[i]! - Number(i === 7), 6);
    });
  },
);

test('tf.losses.softmaxCrossEntropy is ours, with the true gradient for labels and -Infinity masked by labels of 0', () => {
  install();
  const logits = tf.tensor2d([[1, 2, Number.NEGATIVE_INFINITY]]);
  const labels = tf.tensor2d([[0.25, 0.75, 0]]);
  const {result, kernels} = recordKernels(() => tf.losses.softmaxCrossEntropy(labels, logits));
  expect(kernels).toContain('crossEntropy');
  const log = [1, 2].map((x) => x - Math.log(Math.exp(1) + Math.exp(2)));
  expect(result.dataSync()[0]).toBeCloseTo(-0.25 * log[0]! - 0.75 * log[1]!, 6);
  const finite = tf.tensor2d([[1, 2, -1]]);
  const ofLabels = tf
    .grad((l) => tf.losses.softmaxCrossEntropy(l as tf.Tensor2D, finite))(labels)
    .dataSync();
  tf.neg(tf.logSoftmax(finite))
    .dataSync()
    .forEach((g, i) => {
      expect(ofLabels[i]).toBeCloseTo(g, 6);
    });
});

test('install() inside a tf.tidy routes all the same', () => {
  tf.tidy(() => {
    expect(install().notRouted).toEqual([]);
  });
});

test('other ops with the same kernels as logSumExp are left alone', () => {
  install();
  const x = tf.tensor2d(LOGITS, [10, 100]);
  const {kernels} = recordKernels(() => tf.tidy(() => tf.add(tf.log(tf.sum(tf.exp(tf.sub(x, tf.max(x))))), 1)));
  expect(kernels).toEqual([]);
});

test('gradients of the routed ops, of any order', () => {
  const x = tf.tensor1d([0.1, 0.5, -0.3]);
  const v = tf.tensor1d([1, -2, 0.5]);
  for (const op of [(t: tf.Tensor) => tf.logSoftmax(t), (t: tf.Tensor) => tf.mul(tf.logSumExp(t), 1)]) {
    const first = (t: tf.Tensor) => tf.grad((u) => tf.sum(tf.mul(op(u), v)))(t);
    install();
    const second = tf
      .grad((t) => tf.sum(tf.mul(first(t), v)))(x)
      .dataSync();
    uninstall();
    const h = 1e-2;
    const slope = (i: number) => {
      const e = tf.mul(tf.oneHot(tf.scalar(i, 'int32'), 3), h);
      const at = (t: tf.Tensor) => tf.sum(tf.mul(first(t), v)).dataSync()[0]!;
      return (at(tf.add(x, e)) - at(tf.sub(x, e))) / (2 * h);
    };
    second.forEach((value, i) => {
      expect(Math.abs(value - slope(i))).toBeLessThan(1e-3);
    });
  }
});

test('what cannot be routed is said, and stays as it was', () => {
  const engine = tf.engine();
  const {scopeStack} = engine.state;
  const elsewhere = {push: () => 0, pop: () => undefined, length: 0};
  engine.state.scopeStack = elsewhere as unknown as typeof scopeStack;
  try {
    const {routed, notRouted} = install();
    expect(routed).toEqual(['tf.softmax']);
    expect(notRouted).toEqual([
      {name: 'tf.logSoftmax', reason: expect.stringContaining('scopes')},
      {name: 'tf.logSumExp', reason: expect.stringContaining('scopes')},
      {name: 'tf.losses.softmaxCrossEntropy', reason: expect.stringContaining('scopes')},
    ]);
  } finally {
    engine.state.scopeStack = scopeStack;
  }
});

test('tf.profile shows our kernel and its gradient', async () => {
  const x = tf.tensor2d(LOGITS, [1, 1000]);
  const names = async () => {
    const {kernels} = await tf.profile(() => tf.grad((t) => tf.softmax(t))(x, tf.onesLike(x)));
    return kernels.map(({name}) => name);
  };
  expect(await names()).toContain('Softmax');
  install();
  const routed = await names();
  expect(routed).toEqual(expect.arrayContaining(['softmax', 'softmaxProduct']));
  expect(routed).not.toContain('Softmax');
});

test('second derivatives of tf.softmax are right after install, and throw before', () => {
  const x = tf.tensor1d([0.1, 0.5, -0.3]);
  const v = tf.tensor1d([1, -2, 0.5]);
  const second = () =>
    tf
      .grad((t) => tf.grad((u) => tf.softmax(u))(t, v))(x, v)
      .dataSync();
  expect(second).toThrow();
  install();
  const [y0, y1, y2] = tf.softmax(x).dataSync();
  const mean = y0! - 2 * y1! + 0.5 * y2!;
  const w = [1 - mean, -2 - mean, 0.5 - mean].map((c) => c * c);
  const meanOfSquares = y0! * w[0]! + y1! * w[1]! + y2! * w[2]!;
  const exact = [y0!, y1!, y2!].map((y, i) => y * (w[i]! - meanOfSquares));
  second().forEach((value, i) => {
    expect(value).toBeCloseTo(exact[i]!, 6);
  });
});

test('a scalar and an int32 tensor: what stock refuses is right or refused as before', () => {
  install();
  expect(tf.softmax(tf.scalar(3)).dataSync()).toEqual(Float32Array.of(1));
  expect(() => tf.softmax(tf.tensor1d([1, 2], 'int32'))).toThrow();
});

test('uninstall puts back exactly what was there; twice is once; 100 times leave no difference', () => {
  const before = registries();
  for (let i = 0; i < 100; i++) {
    install();
    install();
    expect(tf.engine().runKernel).not.toBe(before.runKernel);
    expect(tf.engine().customGrad).not.toBe(before.customGrad);
    uninstall();
    expect(registries()).toEqual(before);
    uninstall();
    expect(registries()).toEqual(before);
  }
});

test('somebody who wraps runKernel after us is left in place', () => {
  const previous = tf.engine().runKernel;
  const x = tf.tensor2d(LOGITS, [1, 1000]);
  const stock = tf.softmax(x).dataSync();
  install();
  const inner = tf.engine().runKernel;
  const calls: string[] = [];
  const theirs: typeof inner = function (this: ReturnType<typeof tf.engine>, name, ...rest) {
    calls.push(name);
    return inner.call(this, name, ...rest) as never;
  };
  tf.engine().runKernel = theirs;
  uninstall();
  expect(tf.engine().runKernel).toBe(theirs);
  expect(tf.softmax(x).dataSync()).toEqual(stock);
  expect(calls).toContain('Softmax');
  tf.engine().runKernel = previous;
});

test('no warnings, and a backend whose kernels are registered after install does not undo it', () => {
  const warn = jest.spyOn(console, 'warn');
  const x = tf.tensor2d(LOGITS, [1, 1000]);
  const stock = tf.softmax(x).dataSync();
  install();
  const stockKernel = tf.getKernel('Softmax', 'cpu');
  tf.unregisterKernel('Softmax', 'cpu');
  tf.registerKernel(stockKernel);
  expect(tf.softmax(x).dataSync()).not.toEqual(stock);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test('a model trains on the routed kernels', async () => {
  install();
  const model = layers.sequential();
  model.add(layers.layers.dense({units: 3, activation: 'softmax', inputShape: [2]}));
  model.compile({optimizer: tf.train.sgd(0.5), loss: 'categoricalCrossentropy'});
  const inputs = tf.tensor2d([
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const labels = tf.tensor2d([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  const {history} = await model.fit(inputs, labels, {epochs: 60, verbose: 0});
  const losses = history.loss as number[];
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
});
