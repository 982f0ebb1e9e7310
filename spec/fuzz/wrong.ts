import * as tf from '@tensorflow/tfjs-core';
import type {Given} from './case';

/** Makes something that must be refused in the place of an argument, where the right thing would be `given`. */
type Maker = (given: Given | null) => unknown;

/** Of no use in any place: no number, no array of numbers, no options. */
const NOTHING_OF_USE: Record<string, Maker> = {
  text: () => 'text',
  'an empty text': () => '',
  'a symbol': () => Symbol('wrong'),
  'a bigint': () => 1n,
  'a function': () => () => 1,
};

const OBJECTS: Record<string, Maker> = {
  'an object': () => ({}),
  'an object without prototype': () => Object.create(null),
  'an object that cannot be a text': () => ({
    toString() {
      throw new Error('no text');
    },
  }),
  'a map': () => new Map([[0, 1]]),
  'a promise': () => Promise.resolve(1),
};

const MISSING: Record<string, Maker> = {'no value': () => undefined, null: () => null};

const ARRAYS: Record<string, Maker> = {
  'rows of different lengths': () => [[1, 2], [3]],
  'rows of different depths': () => [1, [2]],
  'rows of different depths, the deeper one first': () => [[1], 2],
  texts: () => ['1', '2'],
  'an array with a hole': () => Object.assign(new Array(3), {0: 1, 2: 3}),
  'an array of null': () => [null, 1],
  'an array of symbols': () => [Symbol('wrong')],
  'an array of objects': () => [Object.create(null)],
  'an array of tensors': () => [tf.zeros([1])],
  'an array that holds itself': () => {
    const array: unknown[] = [];
    array.push(array);
    return array;
  },
  'an array too deep': () => [[[[[[[[[1]]]]]]]]],
  bigints: () => BigInt64Array.of(1n, 2n),
  'a view of bytes': () => new DataView(new ArrayBuffer(8)),
  'a buffer': () => new ArrayBuffer(8),
};

const TENSORS: Record<string, Maker> = {
  'a tensor of texts': (given) => tf.tensor(new Array(sizeOf(given)).fill('a'), given?.shape ?? [1], 'string'),
  'a tensor of complex numbers': (given) => {
    const shape = given?.shape ?? [1];
    // wasm has none, and on webgl tfjs itself does not let go of their parts.
    return tf.getBackend() === 'cpu'
      ? tf.complex(tf.ones(shape), tf.ones(shape))
      : makeWrong('a tensor of texts', given);
  },
  'a disposed tensor': (given) => {
    const t = tf.ones(given?.shape ?? [1]);
    t.dispose();
    return t;
  },
};

const NO_NUMBERS: Record<string, Maker> = {
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  '-Infinity': () => Number.NEGATIVE_INFINITY,
  true: () => true,
  'an array of a number': () => [1],
  'a tensor': () => tf.zeros([]),
  null: () => null,
};

/** Where null is nothing wrong. */
const {null: _, ...NUMBERS_NOT} = NO_NUMBERS;
/** Where lists of numbers are nothing wrong. */
const {'an array of a number': __, ...ONE_OR_MORE_NOT} = NO_NUMBERS;

const OUT_OF_RANGE: Record<string, Maker> = {
  'half an axis': () => 0.5,
  'beyond the last axis': (given) => Math.max(given!.shape.length, 1),
  'before the first axis': (given) => -Math.max(given!.shape.length, 1) - 1,
  'a huge axis': () => 2 ** 53,
};

const withLength = (change: (shape: number[]) => number[]) => (given: Given | null) => tf.zeros(change(given!.shape));
const SHAPES: Record<string, Maker> = {
  // Of a length that nothing else has; in the place of a number a vector.
  'another length': withLength((shape) =>
    shape.length === 0 ? [1009] : [...shape.slice(0, -1), shape.at(-1)! + 1009],
  ),
  // One that broadcasts to none.
  'another rank': withLength((shape) => [2, 1, 1, 1, 1, 1, 1, ...shape]),
};

/** By the kind of place. */
export const WRONG = {
  input: {...NOTHING_OF_USE, ...OBJECTS, ...MISSING, ...ARRAYS, ...TENSORS},
  /** One that may be left out. */
  optionalInput: {...NOTHING_OF_USE, ...OBJECTS, ...ARRAYS, ...TENSORS},
  inputOfThatShape: {...NOTHING_OF_USE, ...OBJECTS, ...MISSING, ...ARRAYS, ...TENSORS, ...SHAPES},
  optionalInputOfThatShape: {...NOTHING_OF_USE, ...OBJECTS, ...ARRAYS, ...TENSORS, ...SHAPES},
  mask: {
    ...{...NOTHING_OF_USE, ...OBJECTS, ...ARRAYS, ...TENSORS},
    'a mask of another rank': () => tf.ones([2, 1, 1, 1, 1, 1, 1, 1], 'bool'),
    'a mask of floats': (given: Given | null) => tf.ones(given?.shape ?? []),
    'floats to be added': () => [0, -Infinity],
    'an array of floats': (given: Given | null) => new Float32Array(given?.shape.at(-1) ?? 1),
  },
  axis: {
    ...{...NOTHING_OF_USE, ...OBJECTS, ...NO_NUMBERS},
    ...OUT_OF_RANGE,
  },
  axes: {
    ...{...NOTHING_OF_USE, ...OBJECTS, ...ONE_OR_MORE_NOT},
    ...OUT_OF_RANGE,
    'no axes': () => [],
    'an axis twice': (given: Given | null) => [0, -Math.max(given!.shape.length, 1)],
    'axes, one of them beyond the last': (given: Given | null) => [0, Math.max(given!.shape.length, 1)],
    'axes, one of them half': () => [0, 0.5],
    'axes in a list of their own': () => [[0]],
  },
  number: {...NOTHING_OF_USE, ...OBJECTS, ...NO_NUMBERS},
  boolean: {...NOTHING_OF_USE, ...OBJECTS, null: () => null, 0: () => 0, 1: () => 1},
  options: {...NOTHING_OF_USE, null: () => null, 'a number': () => 2, 'an array': () => [2], true: () => true},
  smoothing: {...NOTHING_OF_USE, ...OBJECTS, '1': () => 1, 'less than 0': () => -0.1, NaN: () => Number.NaN},
  index: {...NOTHING_OF_USE, ...OBJECTS, 'half an index': () => 0.5, NaN: () => Number.NaN, '2^31': () => 2 ** 31},
  reduction: {...NOTHING_OF_USE, ...OBJECTS, average: () => 'average', '0': () => 0},
  count: {...NOTHING_OF_USE, ...OBJECTS, ...NUMBERS_NOT, '0': () => 0, '-1': () => -1, 'half a count': () => 1.5},
  temperature: {...NOTHING_OF_USE, ...OBJECTS, ...NO_NUMBERS, 'less than 0': () => -0.1},
  share: {
    ...NOTHING_OF_USE,
    ...OBJECTS,
    ...NUMBERS_NOT,
    '0': () => 0,
    'less than 0': () => -0.1,
    'above 1': () => 1.01,
  },
  seed: {...NOTHING_OF_USE, ...OBJECTS, ...NUMBERS_NOT, 'half a seed': () => 0.5, '2^53': () => 2 ** 53},
  sparseLabels: {
    'indices that are floats': (given: Given | null) => tf.zeros(given!.shape),
    'indices that are booleans': (given: Given | null) => tf.zeros(given!.shape, 'bool'),
    'indices that are no integers': (given: Given | null) => nested(given!.shape, 0.5),
    'indices that are no numbers': (given: Given | null) => nested(given!.shape, Number.NaN),
    'indices beyond 32 bits': (given: Given | null) => nested(given!.shape, 2 ** 32),
  },
} as const satisfies Record<string, Record<string, Maker>>;

export type Place = keyof typeof WRONG;

/** Something wrong by its place and name; `tf.tidy` has to be open. */
export function makeWrong(name: string, given: Given | null): unknown {
  for (const makers of Object.values(WRONG) as Record<string, Maker>[]) {
    const maker = Object.hasOwn(makers, name) ? makers[name] : undefined;
    if (maker) return maker(given);
  }
  throw new Error(`there is no mistake named ${name}`);
}

function sizeOf(given: Given | null): number {
  return given ? given.values.length : 1;
}

function nested(shape: number[], value: number): unknown {
  const [length, ...rest] = shape;
  return length === undefined ? value : Array.from({length}, () => nested(rest, value));
}
