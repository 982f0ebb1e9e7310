import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs'; // the union package: chained ops, layers, cpu
import type * as Core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {logSoftmax, softmax} from '../../kernels/reference';
import {install, uninstall} from '../../node';
import {recordKernels} from '../hosts/kernels';

/** As programs have it that are CommonJS: with `import * as tf`, jest's compiler copies what `require` gives. */
const tf: typeof Core = require('@tensorflow/tfjs-core');

type Chained = Core.Tensor & Record<'softmax' | 'logSoftmax', (axis?: number) => Core.Tensor>;

const SHAPE = [2, 3, 4];
const LOGITS = Float32Array.from({length: 24}, (_, i) => 5 * Math.sin(i * i));

/** Made before install(), as a model that was loaded earlier. */
const earlier = layers.layers.softmax({axis: 1});

const WAYS: Record<string, {kernel: 'softmax' | 'logSoftmax'; run: (x: Core.Tensor, axis: number) => Core.Tensor}> = {
  'tf.softmax(x, axis)': {kernel: 'softmax', run: (x, axis) => tf.softmax(x, axis)},
  'tf.logSoftmax(x, axis)': {kernel: 'logSoftmax', run: (x, axis) => tf.logSoftmax(x, axis)},
  'x.softmax(axis)': {kernel: 'softmax', run: (x, axis) => (x as Chained).softmax(axis)},
  'x.logSoftmax(axis)': {kernel: 'logSoftmax', run: (x, axis) => (x as Chained).logSoftmax(axis)},
  'tf.layers.softmax({axis})': {
    kernel: 'softmax',
    run: (x, axis) => layers.layers.softmax({axis}).apply(x) as Core.Tensor,
  },
};

const REFERENCE = {softmax, logSoftmax};

/** In float64, row by row. */
function expected(kernel: 'softmax' | 'logSoftmax', axis: number): number[] {
  const inner = SHAPE.slice(axis + 1).reduce((a, b) => a * b, 1);
  const n = SHAPE[axis]!;
  const result = new Array<number>(24);
  for (let start = 0; start < 24; start++) {
    if (Math.floor(start / inner) % n !== 0) continue;
    const at = Array.from({length: n}, (_, i) => start + i * inner);
    REFERENCE[kernel](Float32Array.from(at, (i) => LOGITS[i]!)).forEach((value, i) => {
      result[at[i]!] = value;
    });
  }
  return result;
}

function expectClose(result: Core.Tensor, values: number[]): void {
  expect(result.shape).toEqual(SHAPE);
  result.dataSync().forEach((value, i) => {
    expect(Math.abs(value - values[i]!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(values[i]!)));
  });
}

function places(): unknown[] {
  const layer = tf.serialization.SerializationMap.getMap().classNameMap.Softmax![0] as unknown as typeof Object;
  return [tf, tf.Tensor.prototype, layer.prototype].map((holder) => Object.getOwnPropertyDescriptors(holder));
}

afterEach(() => uninstall());

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  test.each(Object.entries(WAYS))('%s along any axis is ours, where stock throws, and leaves nothing', (_, way) => {
    const x = tf.tensor(LOGITS, SHAPE);
    for (const axis of [0, 1]) {
      expect(() => way.run(x, axis)).toThrow('not yet supported');
      install();
      const {numTensors} = tf.memory();
      const {result, kernels} = recordKernels(() => way.run(x, axis));
      expect(kernels).toEqual([way.kernel]);
      expectClose(result, expected(way.kernel, axis));
      result.dispose();
      expect(tf.memory().numTensors).toBe(numTensors);
      uninstall();
      expect(() => way.run(x, axis)).toThrow('not yet supported');
    }
    x.dispose();
  });

  test.each(Object.entries(WAYS))('%s: the last axis, by all its names', (_, way) => {
    install();
    const x = tf.tensor(LOGITS, SHAPE);
    for (const axis of [2, -1]) {
      const {result, kernels} = recordKernels(() => way.run(x, axis));
      expect(kernels).toEqual([way.kernel]);
      expectClose(result, expected(way.kernel, 2));
    }
  });

  test('a layer that was made before', () => {
    const x = tf.tensor(LOGITS, SHAPE);
    expect(() => earlier.apply(x)).toThrow('not yet supported');
    install();
    expectClose(earlier.apply(x) as Core.Tensor, expected('softmax', 1));
    uninstall();
    expect(() => earlier.apply(x)).toThrow('not yet supported');
  });

  test('integers and booleans', () => {
    const integers = tf.tensor2d([1, 2, 3, 0, 0, 5], [2, 3], 'int32');
    const booleans = tf.tensor1d([true, false, true], 'bool');
    for (const x of [integers, booleans] as Core.Tensor[]) {
      expect(() => tf.softmax(x)).toThrow('float32');
      install();
      for (const op of [tf.softmax, tf.logSoftmax, tf.logSumExp]) {
        const ours = op(x).dataSync();
        op(tf.cast(x, 'float32'))
          .dataSync()
          .forEach((value, i) => {
            expect(Math.abs(value - ours[i]!)).toBeLessThan(1e-6);
          });
      }
      uninstall();
    }
  });

  test('second derivatives along any axis, against differences of first ones', () => {
    install();
    const x = tf.tensor(LOGITS, SHAPE);
    const v = tf.tensor(LOGITS.slice().reverse(), SHAPE);
    for (const op of [tf.softmax, tf.logSoftmax]) {
      const first = (t: Core.Tensor) => tf.grad((u) => tf.sum(tf.mul(op(u, 1), v)))(t);
      const second = tf
        .grad((t) => tf.sum(tf.mul(first(t), v)))(x)
        .dataSync();
      const h = 1e-2;
      for (const i of [0, 7, 23]) {
        const e = tf.tensor(
          Float32Array.from({length: 24}, (_, j) => (i === j ? h : 0)),
          SHAPE,
        );
        const at = (t: Core.Tensor) => tf.sum(tf.mul(first(t), v)).dataSync()[0]!;
        expect(Math.abs((at(tf.add(x, e)) - at(tf.sub(x, e))) / (2 * h) - second[i]!)).toBeLessThan(2e-2);
      }
    }
  });

  test('what is no axis is refused, as by stock', () => {
    install();
    const x = tf.tensor(LOGITS, SHAPE);
    for (const axis of [3, -4, 0.5, Number.NaN]) {
      expect(() => tf.softmax(x, axis)).toThrow();
      expect(() => (x as Chained).logSoftmax(axis)).toThrow();
    }
  });
});

test('only the ops that are routed', () => {
  install({except: ['tf.logSoftmax']});
  const x = tf.tensor(LOGITS, SHAPE);
  expect(tf.softmax(x, 0).shape).toEqual(SHAPE);
  expect(() => tf.logSoftmax(x, 0)).toThrow('not yet supported');
});

test('uninstall puts back the same functions, 100 times, with two copies in any order', () => {
  let copy!: {install: typeof install; uninstall: typeof uninstall};
  jest.isolateModules(() => {
    copy = require('../../node');
  });
  const before = places();
  for (let i = 0; i < 100; i++) {
    install();
    copy.install();
    expect(places()).not.toEqual(before);
    (i % 2 ? uninstall : copy.uninstall)();
    expect(tf.softmax(tf.tensor(LOGITS, SHAPE), 0).shape).toEqual(SHAPE);
    (i % 2 ? copy.uninstall : uninstall)();
    expect(places()).toEqual(before);
  }
});

test('a stranger who wraps tf.softmax stays, and is called; rounds leave nothing', () => {
  const stock = tf.softmax;
  const x = tf.tensor(LOGITS, SHAPE);
  install();
  const inner = tf.softmax;
  const calls: unknown[] = [];
  const theirs = ((t: Core.Tensor, axis?: number) => {
    calls.push(axis);
    return inner(t, axis);
  }) as typeof tf.softmax;
  Object.assign(tf, {softmax: theirs});
  try {
    for (let i = 0; i < 5; i++) {
      uninstall();
      expect(tf.softmax).toBe(theirs);
      expect(() => tf.softmax(x, 0)).toThrow('not yet supported');
      install();
      expect(tf.softmax).toBe(theirs);
      expect(tf.softmax(x, 0).shape).toEqual(SHAPE);
    }
    expect(calls).toHaveLength(10);
  } finally {
    Object.assign(tf, {softmax: stock});
  }
  uninstall();
  install();
  expect(tf.softmax(x, 0).shape).toEqual(SHAPE);
  uninstall();
  expect(tf.softmax).toBe(stock);
});
