import {FORWARD, PRODUCTS} from '../../kernels/table';
import type {FuzzCase, Given, LossArguments, Op, SamplingArguments} from '../fuzz/case';
import {MASKS} from './masks';
import {Random} from './random';
import {SPECIAL} from './special';

/** Ops and options that are made of the family's kernels: what fuzzing draws by chance, each once for certain. */
export interface CompositionCase {
  name: string;
  fuzzed: FuzzCase;
}

const given = (shape: number[], values: ArrayLike<number>, dtype: Given['dtype'] = 'float32'): Given => ({
  ...{as: 'tensor', dtype, shape},
  values: Array.from(values),
});

const sizeOf = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
const without = (shape: number[], axes: number[]) =>
  shape.filter((_, i) => !axes.includes(i) && !axes.includes(i - shape.length));
/** Of a size in which nothing underflows. */
const normal = (shape: number[], seed: number) => given(shape, new Random(seed).normals(sizeOf(shape), 2));

function call(name: string, op: Op, logits: Given, parts: Partial<FuzzCase> = {}): CompositionCase {
  const nothing = {mask: null, vector: null, loss: null, layer: null, sampling: null, mistake: null};
  const fuzzed = {op, gradient: false, logits, axis: -1, scale: undefined, keepDims: false, offset: undefined};
  return {
    name: `${op}${parts.gradient ? ' and its gradient' : ''}: ${name}`,
    fuzzed: {...fuzzed, ...nothing, ...parts},
  };
}

/** The masked logits hold NaN and both infinities; values, then gradients. */
export const MASKED_ENTROPY: CompositionCase[] = MASKS.flatMap(({name, shape, axis, scale, values, mask}) => {
  const parts = {axis, scale, mask: given(mask.shape, mask.values, 'bool')};
  const vector = normal(without(shape, [axis]), 3);
  return [{}, {gradient: true, vector}].map((how) => call(name, 'entropy', given(shape, values), {...parts, ...how}));
});

/** A plain row, the special one, and a plain row again. */
const SPECIAL_ROWS = SPECIAL.filter(({row}) => row.length <= 100).map(({name, row}) => {
  const plain = row.map((_, i) => (i % 5) - 2);
  return {name, logits: given([3, row.length], [...plain, ...row, ...plain].map(Math.fround))};
});

const ENTROPY = SPECIAL_ROWS.map(({name, logits}) => call(name, 'entropy', logits));

const SAMPLING: SamplingArguments = {
  ...{samples: undefined, temperature: undefined, topK: undefined, topP: undefined, hard: undefined},
  seed: 7,
};

const SAMPLES = [
  ...SPECIAL_ROWS.filter(({logits}) => logits.shape[1]! < 17).flatMap(({name, logits}) => [
    call(name, 'categorical', logits, {sampling: {...SAMPLING, samples: 3}}),
    call(name, 'gumbelSoftmax', logits, {sampling: {...SAMPLING, hard: false}}),
    call(`${name}, hard`, 'gumbelSoftmax', logits, {sampling: {...SAMPLING, hard: true}}),
  ]),
  ...MASKS.slice(0, 7).flatMap(({name, shape, axis, values, mask}) => {
    const parts = {axis, mask: given(mask.shape, mask.values, 'bool')};
    const logits = given(shape, values);
    return [
      call(name, 'categorical', logits, {...parts, sampling: {...SAMPLING, topK: 5, topP: 0.9}}),
      call(name, 'gumbelSoftmax', logits, {...parts, sampling: {...SAMPLING, temperature: 0.5}}),
    ];
  }),
  ...[0, 1, 2].flatMap((axis) => [
    call(`along ${axis}`, 'categorical', normal([3, 4, 5], 4), {axis, sampling: {...SAMPLING, samples: 2}}),
    call(`along ${axis}`, 'gumbelSoftmax', normal([3, 4, 5], 4), {axis, sampling: {...SAMPLING, temperature: 2}}),
  ]),
];

/** Adjacent, in another order, apart, and all. */
const JOINT_AXES = [
  [1, 2],
  [-1, 1],
  [0, 2],
  [2, 0, 1],
].flatMap((axis) => {
  const shape = [3, 4, 5];
  const name = `along [${axis}]`;
  const mask = given(
    [3, 1, 5],
    new Random(5).normals(15).map((x) => Number(x > -0.5)),
    'bool',
  );
  const gradient = (vector: Given) => ({axis, gradient: true, vector});
  return [
    ...[...Object.keys(FORWARD), 'entropy'].map((op) => call(name, op as Op, normal(shape, 6), {axis})),
    ...Object.keys(PRODUCTS).map((op) => call(name, op as Op, normal(shape, 6), {axis, vector: normal(shape, 8)})),
    ...(['softmax', 'logSoftmax', 'logSumExp', 'entropy'] as const).map((op) =>
      call(`${name}, masked`, op, normal(shape, 7), {axis, mask}),
    ),
    ...(['softmax', 'logSoftmax'] as const).map((op) => call(name, op, normal(shape, 6), gradient(normal(shape, 8)))),
    ...(['logSumExp', 'entropy'] as const).map((op) =>
      call(name, op, normal(shape, 6), gradient(normal(without(shape, axis), 8))),
    ),
  ];
});

const WEIGHTED = [
  {shape: [9, 5], axis: -1},
  {shape: [3, 5, 4], axis: 1},
].flatMap(({shape, axis}) => {
  const rows = without(shape, [axis]);
  const random = new Random(9);
  const classes = given(
    rows,
    Int32Array.from({length: sizeOf(rows)}, () => random.integer(0, 4)),
    'int32',
  );
  const shares = given(
    shape,
    Float32Array.from({length: sizeOf(shape)}, () => random.integer(0, 8) / 8),
  );
  const classWeights = given([5], [1, 2, 0.5, 0, 3]);
  const of = (sparse: boolean, parts: Partial<LossArguments>): LossArguments => ({
    ...{labels: sparse ? classes : shares, sparse, labelSmoothing: undefined, weights: null, classWeights},
    ...{ignoreIndex: null, reduction: 'none', ...parts},
  });
  return (
    [
      ['classes', of(true, {})],
      ['classes, smoothed, one ignored', of(true, {labelSmoothing: 0.1, ignoreIndex: 2})],
      ['distributions', of(false, {})],
      ['distributions, smoothed', of(false, {labelSmoothing: 0.1})],
    ] as const
  ).flatMap(([name, loss]) => [
    call(`class weights, ${name}`, 'softmaxCrossEntropy', normal(shape, 10), {axis, loss}),
    call(`class weights, ${name}, mean`, 'softmaxCrossEntropy', normal(shape, 10), {
      ...{axis, loss: {...loss, reduction: 'mean' as const}},
    }),
    call(`class weights, ${name}`, 'softmaxCrossEntropy', normal(shape, 10), {
      ...{axis, loss, gradient: true, vector: normal(rows, 11)},
    }),
  ]);
});

export const COMPOSITIONS: CompositionCase[] = [...ENTROPY, ...SAMPLES, ...JOINT_AXES, ...WEIGHTED];
