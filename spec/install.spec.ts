import '@tensorflow/tfjs'; // the union package: chained ops, layers, cpu
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {install, uninstall} from '../index';
import {recordKernels} from './hosts/call';

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
  };
}

const ROUTES: Record<string, (x: tf.Tensor2D) => tf.Tensor> = {
  'tf.softmax': (x) => tf.softmax(x),
  'x.softmax()': (x) => (x as tf.Tensor2D & {softmax(): tf.Tensor}).softmax(),
  'a layer with the softmax activation': (x) =>
    layers.layers.activation({activation: 'softmax', inputShape: [1000]}).apply(x) as tf.Tensor,
  'the softmax layer': (x) => layers.layers.softmax({axis: -1}).apply(x) as tf.Tensor,
};

test.each(Object.entries(ROUTES))('%s runs our kernel', (_, route) => {
  const x = tf.tensor2d(LOGITS, [1, 1000]);
  const stock = recordKernels(() => route(x));
  expect(stock.kernels).toEqual([]);
  install();
  const ours = recordKernels(() => route(x));
  expect(ours.kernels).toEqual([]); // what is asked for is still tfjs's kernel
  expect(ours.result.dataSync()).not.toEqual(stock.result.dataSync());
  uninstall();
  expect(route(x).dataSync()).toEqual(stock.result.dataSync());
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
  expect(routed).toEqual(expect.arrayContaining(['FusedSoftmax', 'FusedSoftmaxProduct']));
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
