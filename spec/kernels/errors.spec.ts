import {readFileSync} from 'node:fs';
import {createContext, runInContext} from 'node:vm';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as family from '../../index';

/** Bad input gets an error that says what was given and what is allowed, and leaves nothing behind. */

const x = [1, 2, 3];
const ALONG_AN_AXIS = {
  softmax: (logits: family.Input, axis?: number) => family.softmax(logits, axis),
  softmin: (logits: family.Input, axis?: number) => family.softmin(logits, axis),
  logSoftmax: (logits: family.Input, axis?: number) => family.logSoftmax(logits, axis),
  logSumExp: (logits: family.Input, axis?: number) => family.logSumExp(logits, axis),
  softmaxJvp: (logits: family.Input, axis?: number) => family.softmaxJvp(logits, logits, axis),
  softmaxVjp: (logits: family.Input, axis?: number) => family.softmaxVjp(logits, logits, axis),
  logSoftmaxJvp: (logits: family.Input, axis?: number) => family.logSoftmaxJvp(logits, logits, axis),
  logSoftmaxVjp: (logits: family.Input, axis?: number) => family.logSoftmaxVjp(logits, logits, axis),
  softmaxJacobian: (logits: family.Input, axis?: number) => family.softmaxJacobian(logits, axis),
  logSoftmaxJacobian: (logits: family.Input, axis?: number) => family.logSoftmaxJacobian(logits, axis),
  softmaxInverse: (logits: family.Input, axis?: number) => family.softmaxInverse(logits, axis),
  entropy: (logits: family.Input, axis?: number) => family.entropy(logits, axis),
  categorical: (logits: family.Input, axis?: number) => family.categorical(logits, axis, {seed: 1}),
  gumbelSoftmax: (logits: family.Input, axis?: number) => family.gumbelSoftmax(logits as tf.Tensor, axis, {seed: 1}),
};
const SCALED = {
  softmax: (scale: number) => family.softmax(x, -1, {scale}),
  logSoftmax: (scale: number) => family.logSoftmax(x, -1, {scale}),
  softmaxJvp: (scale: number) => family.softmaxJvp(x, x, -1, {scale}),
  logSoftmaxVjp: (scale: number) => family.logSoftmaxVjp(x, x, -1, {scale}),
  entropy: (scale: number) => family.entropy(x, -1, {scale}),
};

/** The others take several. */
const ONE_AXIS = ['softmaxJacobian', 'logSoftmaxJacobian', 'softmaxInverse', 'categorical', 'gumbelSoftmax'];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** An object that does not let itself be looked at. */
const hostile = Object.defineProperty({}, 'constructor', {
  get() {
    throw new Error('not for you');
  },
});

/** A typed array whose numbers are gone. */
function transferred(length: number): Float32Array {
  const array = new Float32Array(length);
  structuredClone(array.buffer, {transfer: [array.buffer]});
  return array;
}

let before: {tensors: number; buffers: number};
beforeEach(() => {
  before = {tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers};
});
afterEach(() => {
  expect({tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers}).toEqual(before);
});

describe.each(Object.entries(ALONG_AN_AXIS))('%s', (name, op) => {
  test('axis out of range', () => {
    expect(() => op([x, x], 2)).toThrow(`${name}: axis 2 is out of range for logits of shape [2,3]`);
    expect(() => op([x, x], -3)).toThrow('Allowed are -2 to 1; negative ones count from the end.');
    expect(() => op(5, 1)).toThrow(`${name}: axis 1 is out of range for logits of shape []`);
  });

  test('axis that is no integer', () => {
    const allowed = ONE_AXIS.includes(name) ? 'one integer' : 'an integer or a list of integers';
    expect(() => op(x, 0.5)).toThrow(`${name}: axis must be ${allowed}, but got 0.5`);
    expect(() => op(x, Number.NaN)).toThrow('but got NaN');
    expect(() => op(x, null as never)).toThrow(`axis must be ${allowed}, but got null`);
    if (ONE_AXIS.includes(name)) expect(() => op(x, [0] as never)).toThrow('must be one integer, but got an Array');
  });

  test('dtypes that have no logits', () => {
    expect(() => tf.tidy(() => op(tf.tensor(['a', 'b'])))).toThrow(/has dtype string\. Allowed are float32/);
    expect(() => tf.tidy(() => op(tf.complex([1], [2])))).toThrow(/has dtype complex64\. Allowed are float32/);
  });

  test('a disposed tensor', () => {
    const t = tf.tensor1d(x);
    t.dispose();
    expect(() => op(t)).toThrow(/is a tensor that was disposed/);
  });

  test('no tensor at all', () => {
    expect(() => op(undefined as never)).toThrow(`${name}: `);
    expect(() => op(null as never)).toThrow(/is or holds null\. Allowed are tensors, numbers/);
    expect(() => op(['a', 'b'] as never)).toThrow(/is or holds 'a'\. Allowed are/);
    expect(() => op([1, undefined] as never)).toThrow(/is or holds undefined/);
    expect(() => op({} as never)).toThrow(/is or holds an Object/);
    expect(() => op(hostile as never)).toThrow(/is or holds an object\. Allowed are/);
    expect(() => op('x'.repeat(1e6) as never)).toThrow(/^.{200,500}$/);
    expect(() => op(BigInt64Array.of(1n) as never)).toThrow(/is or holds a bigint, 1/);
    expect(() => op(new BigUint64Array(0) as never)).toThrow(/is or holds an array of bigints/);
    expect(() => op([new BigInt64Array(0)] as never)).toThrow(/is or holds an array of bigints/);
    expect(() => op([[1], [2, 3]] as never)).toThrow(/has rows of different lengths, 1 and 2/);
    expect(() => op([[1, 2], [3], [4, 5, 6]] as never)).toThrow(/has rows of different lengths, 2 and 1/);
    expect(() => op([1, [2]] as never)).toThrow(/has rows of different depths/);
  });

  test('a typed array whose buffer was transferred', () => {
    expect(() => op(transferred(3))).toThrow(`${name}: `);
    expect(() => op(transferred(3))).toThrow('is or holds a typed array whose buffer was transferred. Allowed are');
    expect(() => op([transferred(0), transferred(2)] as never)).toThrow('whose buffer was transferred');
    tf.tidy(() => expect(op([new Float32Array(0)], 0).size).toBe(0));
  });

  test('more elements or rows than 32 bits count', () => {
    tf.tidy(() => {
      expect(() => op(tf.zeros([2 ** 40, 0]), 0)).toThrow(
        `${name}: ${name === 'softmaxInverse' ? 'probabilities' : 'logits'} of shape [1099511627776,0] would take ` +
          '1099511627776 elements or rows. At most 2147483647 are allowed',
      );
      expect(op(tf.zeros([0, 3])).size).toBe(0);
    });
    const row = new Float32Array(2 ** 20);
    expect(() => op(new Array(2 ** 11).fill(row) as never)).toThrow('would take 2147483648 elements');
  });

  test('int32 and bool are converted', () => {
    tf.tidy(() => {
      const integers = op(tf.tensor1d([1, 0, 1], 'int32'));
      expect(integers.dtype).toBe(name === 'categorical' ? 'int32' : 'float32');
      expect(integers.arraySync()).toEqual(op([1, 0, 1]).arraySync());
      expect(op(tf.tensor1d([true, false, true])).arraySync()).toEqual(integers.arraySync());
    });
  });
});

test('plain, nested and typed arrays are taken as tensors', () => {
  tf.tidy(() => {
    const expected = family.softmax(tf.tensor2d([1, 2, 3, 4], [2, 2])).arraySync();
    expect(
      family
        .softmax([
          [1, 2],
          [3, 4],
        ])
        .arraySync(),
    ).toEqual(expected);
    expect(family.softmax([Float32Array.of(1, 2), Float32Array.of(3, 4)]).arraySync()).toEqual(expected);
    for (const array of [Float32Array.of(1, 2), Float64Array.of(1, 2), Int32Array.of(1, 2), Uint8Array.of(1, 2)]) {
      expect(family.softmax(array).arraySync()).toEqual(family.softmax([1, 2]).arraySync());
    }
    expect(family.softmax([true, false]).arraySync()).toEqual(family.softmax([1, 0]).arraySync());
    expect(family.softmax(7).shape).toEqual([]);
  });
});

test.each(Object.entries(SCALED))('%s: a scale that is not finite', (name, op) => {
  expect(() => op(Number.POSITIVE_INFINITY)).toThrow(`${name}: scale must be a finite number, but got Infinity`);
  expect(() => op(Number.NaN)).toThrow('got NaN');
  expect(() => op('2' as never)).toThrow("got '2'");
});

test.each([
  ['softmax', (mask: family.MaskInput) => family.softmax([x, x], -1, {mask})],
  ['logSoftmax', (mask: family.MaskInput) => family.logSoftmax([x, x], -1, {mask})],
  ['logSumExp', (mask: family.MaskInput) => family.logSumExp([x, x], -1, false, {mask})],
  ['entropy', (mask: family.MaskInput) => family.entropy([x, x], -1, {mask})],
  ['categorical', (mask: family.MaskInput) => family.categorical([x, x], -1, {mask})],
  ['gumbelSoftmax', (mask: family.MaskInput) => family.gumbelSoftmax([x, x], -1, {mask})],
] as const)('%s: a mask that does not fit', (name, op) => {
  expect(() => op([true, false])).toThrow(`${name}: mask has shape [2] and logits have shape [2,3]`);
  expect(() => op([[[true, false, true]]])).toThrow('each length of the mask must be 1 or equal to that of the logits');
  expect(() => tf.tidy(() => op(tf.tensor1d([1, 0, 1])))).toThrow(`${name}: mask has dtype float32. It must be bool`);
  const added = `${name}: mask is or holds -Infinity. It must be bool or int32, and true or not 0 where a logit takes part`;
  expect(() => op([0, Number.NEGATIVE_INFINITY, 0])).toThrow(added);
  expect(() => op(new Float32Array(3))).toThrow('to the logits yourself.');
  expect(() => op('yes' as never)).toThrow(`${name}: mask is or holds 'yes'`);
  const disposed = tf.tensor1d([true, true, false]);
  disposed.dispose();
  expect(() => op(disposed)).toThrow(`${name}: mask is a tensor that was disposed`);
});

test('a tensor of another engine: of a frame, or of a context of node:vm', () => {
  const realm = createContext({console, setTimeout});
  runInContext('self = globalThis', realm);
  for (const name of ['tfjs-core/dist/tf-core', 'tfjs-backend-cpu/dist/tf-backend-cpu']) {
    runInContext(readFileSync(`node_modules/@tensorflow/${name}.min.js`, 'utf8'), realm);
  }
  runInContext("tf.setPlatform('another', {isTypedArray: () => false})", realm);
  const theirs = runInContext('tf.tensor1d([1, 2, 3])', realm) as tf.Tensor1D;
  const theirMask = runInContext('tf.tensor1d([true, false, true])', realm) as tf.Tensor1D;
  const theirClasses = runInContext("tf.tensor1d([0], 'int32')", realm) as tf.Tensor1D;
  expect(theirs).toBeInstanceOf(tf.Tensor);
  expect(() => family.softmax(theirs)).toThrow('softmax: logits is a tensor of another tfjs engine, such as');
  expect(() => family.logSoftmaxVjp(x, theirs)).toThrow('cotangent is a tensor of another tfjs engine');
  expect(() => family.logSumExp(x, -1, false, {mask: theirMask})).toThrow('mask is a tensor of another tfjs engine');
  expect(() => family.softmaxCrossEntropy(theirClasses, [x])).toThrow('labels is a tensor of another tfjs engine');
});

test('softmaxInverse: an offset that is not finite', () => {
  expect(() => family.softmaxInverse([0.5, 0.5], -1, {offset: Number.NaN})).toThrow(
    'softmaxInverse: offset must be a finite number',
  );
});

test('a tangent or cotangent whose shape differs', () => {
  expect(() => family.softmaxJvp(x, [1, 2])).toThrow(
    'softmaxJvp: tangent has shape [2] and logits have shape [3]. They must have the same shape.',
  );
  expect(() => family.softmaxVjp(x, [[1, 2, 3]])).toThrow('softmaxVjp: cotangent has shape [1,3]');
  expect(() => family.logSoftmaxJvp([x], x)).toThrow('logSoftmaxJvp: tangent has shape [3]');
  expect(() => family.logSoftmaxVjp(x, 1)).toThrow('logSoftmaxVjp: cotangent has shape []');
});

test('a Jacobian of more elements than 32 bits count', () => {
  tf.tidy(() => {
    const row = tf.zeros([2 ** 16]);
    expect(() => family.softmaxJacobian(row)).toThrow(
      'softmaxJacobian: the Jacobian of shape [65536,65536] would take',
    );
  });
});

test('a tensor whose array was transferred after it was made', () => {
  const array = Float32Array.of(1, 2, 3);
  const t = tf.tensor1d(array);
  structuredClone(array.buffer, {transfer: [array.buffer]});
  expect(() => family.softmax(t)).toThrow('a tensor of shape [3] has lost its values');
  expect(() => family.logSoftmaxVjp(x, t)).toThrow('Make the tensor from a copy, array.slice(), or transfer one.');
  t.dispose();
});

/** Without a seed of its own a sample is another each time: then its shape, and how many elements are neither 0 nor 1. */
function shapeIfUnseeded(sample: tf.Tensor, options: object): tf.Tensor {
  if (Object.hasOwn(options, 'seed')) return sample;
  const between = Array.from(sample.dataSync()).filter((value) => value > 0 && value < 1);
  return tf.tensor1d([...sample.shape, between.length]);
}

describe.each<[string, object, (options: object) => tf.Tensor]>([
  ['softmax', {scale: 2, mask: [true, true, false]}, (options) => family.softmax(x, -1, options)],
  ['logSoftmax', {scale: 2, mask: [true, true, false]}, (options) => family.logSoftmax(x, -1, options)],
  ['logSumExp', {mask: [true, true, false]}, (options) => family.logSumExp(x, -1, false, options)],
  ['softmaxJvp', {scale: 2}, (options) => family.softmaxJvp(x, x, -1, options)],
  ['softmaxVjp', {scale: 2}, (options) => family.softmaxVjp(x, x, -1, options)],
  ['logSoftmaxJvp', {scale: 2}, (options) => family.logSoftmaxJvp(x, x, -1, options)],
  ['logSoftmaxVjp', {scale: 2}, (options) => family.logSoftmaxVjp(x, x, -1, options)],
  ['softmaxInverse', {offset: 2}, (options) => family.softmaxInverse([0.5, 0.5], -1, options)],
  [
    'softmaxCrossEntropy',
    {
      ...{axis: 0, labelSmoothing: 0.1, weights: [1, 2, 3], classWeights: [1, 2, 4], ignoreIndex: 1},
      reduction: 'none' as const,
    },
    (options) => family.softmaxCrossEntropy([0, 1, 2], [x, [1, 0, 2], [1, 5, 1]], options),
  ],
  ['entropy', {scale: 2, mask: [true, true, false]}, (options) => family.entropy(x, -1, options)],
  [
    'linearCrossEntropy',
    {
      ...{bias: [1, 2, 4], chunkRows: 2, labelSmoothing: 0.1, weights: [1, 2, 3], classWeights: [1, 2, 4]},
      ...{ignoreIndex: 1, reduction: 'none' as const},
    },
    (options) => family.linearCrossEntropy([x, [1, 0, 2], [1, 5, 1]], [x, [1, 0, 2], [0, 1, 0]], [0, 1, 2], options),
  ],
  [
    'categorical',
    {samples: 4, temperature: 0.5, topK: 2, topP: 0.9, mask: [true, false, true], seed: 1},
    (options) => shapeIfUnseeded(family.categorical(x, -1, options), options),
  ],
  [
    'gumbelSoftmax',
    {temperature: 0.5, hard: true, mask: [true, false, true], seed: 1},
    (options) => shapeIfUnseeded(family.gumbelSoftmax(x, -1, options), options),
  ],
])('options of %s', (_, given, op) => {
  const valuesOf = (options: object) => tf.tidy(() => op(options).dataSync());

  test('are read once: what a getter says the second time does not count', () => {
    const reads: string[] = [];
    const options = {};
    for (const [name, value] of Object.entries(given)) {
      const get = () => {
        const isFirst = !reads.includes(name);
        reads.push(name);
        return isFirst ? value : 'something else';
      };
      Object.defineProperty(options, name, {get});
    }
    expect(valuesOf(options)).toEqual(valuesOf(given));
    expect(reads.sort()).toEqual(Object.keys(given).sort());
  });

  test('are only those of the object itself, not what somebody put on Object.prototype', () => {
    const without = valuesOf({});
    expect(without).not.toEqual(valuesOf(given));
    withPolluted(given, () => expect(valuesOf({})).toEqual(without));
    expect(valuesOf(Object.create(given))).toEqual(without);
  });
});

/** Runs something while every object seems to have these properties. */
function withPolluted(properties: object, action: () => void): void {
  const {prototype} = Object;
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(prototype, name, {value, configurable: true, writable: true});
  }
  try {
    action();
  } finally {
    for (const name of Object.keys(properties)) Reflect.deleteProperty(prototype, name);
  }
}

test('an error inside tf.grad leaves nothing behind', () => {
  const t = tf.tensor1d(x);
  expect(() => tf.grad((u) => family.softmax(u, 3))(t)).toThrow('softmax: axis 3 is out of range');
  t.dispose();
});
