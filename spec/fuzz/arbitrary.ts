import fc from 'fast-check';
import type {Option, Parameter} from '../../kernels/op';
import {FORWARD} from '../../kernels/table';
import {
  type FuzzCase,
  type Given,
  INSTALLED,
  type Mistake,
  OF_JOINT_AXES,
  OPS,
  type Op,
  recordOf,
  type SamplingArguments,
} from './case';
import {type Place, WRONG} from './wrong';

/** Beyond it a case costs more than it tells; the long rows are for the conformance suite. Most cases are small ones. */
const MOST_ELEMENTS = 300;
const FEW_ELEMENTS = 30;
const MOST_IN_A_JACOBIAN = 40;
/** What tfjs's own ops go up to. */
const HIGHEST_RANK = 6;

const SPECIAL_LOGITS = [0, -0, Infinity, -Infinity, NaN, 3.4028235e38, -3.4028235e38, 1e-45, -1e-38, 1e4, -1e9, 88.7];

const moderate = fc.float({min: -30, max: 30, noNaN: true});
/** What a tensor is filled with, over and over: so a case shrinks to few numbers, and ties are common. */
const pool = fc.oneof(
  {weight: 4, arbitrary: fc.array(moderate, {minLength: 1, maxLength: 40})},
  {weight: 2, arbitrary: fc.array(fc.float({noNaN: true, noDefaultInfinity: true}), {minLength: 1, maxLength: 12})},
  {weight: 1, arbitrary: fc.array(fc.integer({min: -300, max: 300}), {minLength: 1, maxLength: 12})},
  {
    weight: 2,
    arbitrary: fc.array(fc.oneof(moderate, fc.constantFrom(...SPECIAL_LOGITS)), {minLength: 1, maxLength: 12}),
  },
  {weight: 1, arbitrary: fc.array(fc.float(), {minLength: 1, maxLength: 12})},
);
const lengths = fc.array(
  fc.oneof({weight: 12, arbitrary: fc.integer({min: 1, max: 9})}, fc.constantFrom(0, 1, MOST_ELEMENTS)),
  {
    maxLength: HIGHEST_RANK,
  },
);
const scales = fc.oneof(
  {weight: 4, arbitrary: fc.constant(undefined)},
  {weight: 4, arbitrary: fc.constantFrom(1, 0, -0, -1, 0.5, 2, 0.125, 1 / Math.sqrt(40), 200, 1e-9)},
  {weight: 1, arbitrary: fc.double({min: -1e250, max: 1e250, noNaN: true})},
);
const given = fc.record({
  as: fc.constantFrom('tensor', 'tensor', 'tensor', 'array', 'typed array'),
  dtype: fc.constantFrom('float32', 'float32', 'float32', 'int32', 'bool'),
});
/** How a shape is changed into one that broadcasts to it: this many lengths left out, these made 1. */
const broadcast = fc.record({leftOut: fc.nat(HIGHEST_RANK), ones: fc.array(fc.boolean(), {maxLength: HIGHEST_RANK})});
/** Without numbers so small that products of them underflow, which is nobody's error. */
const gentle = fc.integer({min: -3000, max: 3000}).map((k) => k / 128);
const moderatePool = fc.array(gentle, {minLength: 1, maxLength: 12});
const weightPool = fc.array(
  fc.nat(1024).map((k) => k / 128),
  {
    minLength: 1,
    maxLength: 8,
  },
);

/** Products of a few of these, and their sums, are exact in float32. */
const eighths = fc.array(
  fc.integer({min: -40, max: 40}).map((k) => k / 8),
  {minLength: 1, maxLength: 12},
);

export const ingredients = fc.record({
  op: fc.constantFrom(...OPS),
  gradient: fc.boolean(),
  lengths,
  limit: fc.constantFrom<number>(FEW_ELEMENTS, FEW_ELEMENTS, FEW_ELEMENTS, MOST_ELEMENTS),
  axis: fc.option(fc.integer({min: -HIGHEST_RANK, max: HIGHEST_RANK - 1}), {nil: undefined}),
  jointAxes: fc.option(fc.array(fc.integer({min: -HIGHEST_RANK, max: HIGHEST_RANK - 1}), {minLength: 1, maxLength: 4})),
  pool,
  given,
  scale: scales,
  mask: fc.option(
    fc.record({pool: fc.array(fc.constantFrom(1, 1, 0, 0, 7, -3), {minLength: 1, maxLength: 12}), broadcast, given}),
    {freq: 2},
  ),
  vector: fc.record({
    pool: fc.oneof({weight: 4, arbitrary: moderatePool}, {weight: 1, arbitrary: pool}),
    given,
  }),
  keepDims: fc.boolean(),
  offset: fc.option(fc.constantFrom(0, 1, -3.5, 1e30), {nil: undefined}),
  loss: fc.record({
    sparse: fc.boolean(),
    indices: fc.array(fc.oneof({weight: 9, arbitrary: fc.nat(20)}, fc.constantFrom(-1, 1e6, -(2 ** 31), 2 ** 31 - 1)), {
      minLength: 1,
      maxLength: 12,
    }),
    /** Whether all indices are those of classes. */
    inRange: fc.boolean(),
    labels: fc.oneof({weight: 4, arbitrary: weightPool}, {weight: 1, arbitrary: moderatePool}),
    given,
    labelSmoothing: fc.constantFrom(undefined, 0, 0.1, 0.999),
    weights: fc.option(fc.record({pool: weightPool, broadcast, given}), {freq: 2}),
    classWeights: fc.option(fc.record({pool: weightPool, broadcast, given}), {freq: 2}),
    ignoreIndex: fc.constantFrom(null, null, 0, 1, -1, 255),
    reduction: fc.constantFrom(undefined, 'none', 'mean', 'sum'),
  }),
  layer: fc.record({
    features: fc.nat(6),
    hidden: eighths,
    weights: eighths,
    bias: fc.option(
      fc.record({
        pool: fc.oneof(
          {weight: 4, arbitrary: eighths},
          {weight: 1, arbitrary: fc.constant<number[]>([1.5, Number.NEGATIVE_INFINITY, -2])},
        ),
        broadcast,
        given,
      }),
      {freq: 3},
    ),
    chunkRows: fc.constantFrom(undefined, 1, 2, 3, 5, 1000),
    of: fc.constantFrom('hidden', 'weights', 'bias'),
    cotangents: eighths,
  }),
  sampling: fc.record({
    samples: fc.constantFrom(undefined, 1, 2, 5),
    temperature: fc.constantFrom(undefined, 1, 0, 0.25, 1.5, 3, 1e30),
    topK: fc.constantFrom(undefined, undefined, 1, 2, 3, 7, 1000),
    topP: fc.constantFrom(undefined, undefined, 1, 0.9, 0.5, 0.01),
    hard: fc.constantFrom(undefined, false, true),
    seed: fc.oneof(fc.nat(100), fc.maxSafeInteger()),
  }),
  mistake: fc.option(fc.record({argument: fc.nat(20), wrong: fc.nat(100)}), {freq: 3}),
});

export type Ingredients = typeof ingredients extends fc.Arbitrary<infer T> ? T : never;

/** The ops whose gradients are looked at here; all derivatives have specs of their own. */
const DIFFERENTIATED: readonly string[] = [...Object.keys(FORWARD), 'entropy', ...INSTALLED];

/** Calls of public ops with any arguments: valid, or with one mistake. */
export const fuzzCase: fc.Arbitrary<FuzzCase> = ingredients.map(caseOf);

/** Those of a last layer alone, for backends on which there is time for few. */
export const layerCase: fc.Arbitrary<FuzzCase> = ingredients.map((parts) =>
  caseOf({...parts, op: 'linearCrossEntropy'}),
);

export function caseOf(parts: Ingredients): FuzzCase {
  const scalar = parts.lengths.length === 0;
  // A scalar has no classes, and no axis that tf.logSumExp could sum along.
  const needsClasses = ['softmaxCrossEntropy', 'linearCrossEntropy', 'tf.logSumExp'].includes(parts.op);
  const op = scalar && needsClasses ? 'logSumExp' : parts.op;
  const limit = op.endsWith('Jacobian') ? Math.min(parts.limit, MOST_IN_A_JACOBIAN) : parts.limit;
  const {parameters = [], options = []} = recordOf(op) ?? {};
  const shape = atMost(limit, parts.lengths);
  if (op === 'linearCrossEntropy') return layerCaseOf(shape, parts);
  const rank = Math.max(shape.length, 1);
  const installed = (INSTALLED as readonly Op[]).includes(op);
  const axis = parts.axis === undefined || installed ? undefined : (((parts.axis + 6) % (2 * rank)) - rank) | 0;
  const list = OF_JOINT_AXES.includes(op) && parts.jointAxes ? distinct(parts.jointAxes, rank) : null;
  const axes = (list ?? [axis ?? -1]).map((each) => (each + rank) % rank);
  const isLoss = op === 'softmaxCrossEntropy';
  const gradient = parts.gradient && (isLoss || DIFFERENTIATED.includes(op));
  const fuzzed: FuzzCase = {
    op,
    gradient,
    logits: gradient || installed ? filled(shape, parts.pool) : filled(shape, parts.pool, parts.given),
    axis: list ?? axis,
    scale: options.includes('scale') ? parts.scale : undefined,
    mask: options.includes('mask') && parts.mask ? maskOf(shape, parts.mask) : null,
    vector: null,
    keepDims: (parameters.includes('keepDims') || op === 'tf.logSumExp') && parts.keepDims,
    offset: options.includes('offset') ? parts.offset : undefined,
    loss: isLoss ? {...lossOf(shape, axes[0]!, parts.loss), ...(gradient && {reduction: 'none'})} : null,
    layer: null,
    sampling: options.includes('seed') ? samplingOf(op, parts.sampling) : null,
    mistake: null,
  };
  if (parameters.includes('tangent') || parameters.includes('cotangent'))
    fuzzed.vector = filled(shape, parts.vector.pool, parts.vector.given);
  else if (gradient) fuzzed.vector = filled(cotangentShape(fuzzed, axes), parts.vector.pool);
  if (parts.mistake && !gradient && !installed) fuzzed.mistake = mistakeOf(fuzzed, parts.mistake);
  return fuzzed;
}

/** @param shape that of the logits */
function layerCaseOf(shape: number[], parts: Ingredients): FuzzCase {
  const {features, hidden, weights, bias, chunkRows, of, cotangents} = parts.layer;
  const {gradient} = parts;
  const rows = shape.slice(0, -1);
  const classes = shape.at(-1)!;
  // What is differentiated is a tensor of floats, and has its whole shape.
  const given = gradient ? undefined : parts.given;
  const fuzzed: FuzzCase = {
    ...{op: 'linearCrossEntropy', gradient, axis: undefined, scale: undefined, mask: null, vector: null},
    ...{keepDims: false, offset: undefined, sampling: null, mistake: null},
    logits: filled([...rows, features], hidden, given),
    // An index that is no class would make the gradient of all weights NaN.
    loss: lossOf(shape, rows.length, {...parts.loss, inRange: gradient || parts.loss.inRange}),
    layer: {
      weights: filled([features, classes], weights, given),
      bias:
        bias &&
        filled(
          gradient ? [classes] : broadcasting([classes], bias.broadcast),
          bias.pool,
          gradient ? given : bias.given,
        ),
      chunkRows,
      of: of === 'bias' && !bias ? 'hidden' : of,
    },
  };
  if (gradient)
    fuzzed.vector = fuzzed.loss!.reduction === 'none' ? filled(rows, cotangents) : filled([], [cotangents[0] || 1]);
  else if (parts.mistake) fuzzed.mistake = mistakeOf(fuzzed, parts.mistake);
  return fuzzed;
}

/** That of the result. */
function cotangentShape({op, keepDims, logits: {shape}}: FuzzCase, axes: number[]): number[] {
  const others = shape.filter((_, i) => !axes.includes(i));
  if (op === 'softmaxCrossEntropy' || op === 'entropy' || op.endsWith('logSumExp'))
    return keepDims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : others;
  return shape;
}

/** As many different axes of a tensor of that rank. */
function distinct(axes: number[], rank: number): number[] {
  const found: number[] = [];
  for (const given of axes) {
    const axis = (((given + 6) % (2 * rank)) - rank) | 0;
    if (!found.some((other) => (other + rank) % rank === (axis + rank) % rank)) found.push(axis);
  }
  return found;
}

function filled(
  shape: number[],
  pool: number[],
  {as, dtype}: Pick<Given, 'as' | 'dtype'> = {as: 'tensor', dtype: 'float32'},
): Given {
  const convert: (x: number) => number =
    dtype === 'int32'
      ? (x) => Math.trunc(Math.min(Math.max(x || 0, -(2 ** 24)), 2 ** 24)) + 0
      : dtype === 'bool'
        ? (x) => Number(x > 0)
        : Math.fround;
  const size = shape.reduce((a, b) => a * b, 1);
  // A typed array has one dimension, and nested arrays have none beyond one of length 0.
  const nestable = shape.indexOf(0) === -1 || shape.indexOf(0) === shape.length - 1;
  const array = as === 'typed array' && shape.length !== 1 ? 'array' : as;
  return {
    as: array === 'array' && !nestable ? 'tensor' : array,
    dtype,
    shape,
    values: Array.from({length: size}, (_, i) => convert(pool[i % pool.length]!)),
  };
}

type Broadcast = {leftOut: number; ones: boolean[]};

function broadcasting(shape: number[], {leftOut, ones}: Broadcast): number[] {
  return shape.map((d, i) => (ones[i] ? 1 : d)).slice(Math.min(leftOut, shape.length));
}

function maskOf(shape: number[], {pool, broadcast, given: {as, dtype}}: NonNullable<Ingredients['mask']>): Given {
  const isOfIntegers = dtype === 'int32';
  return filled(broadcasting(shape, broadcast), pool, {
    as: as === 'typed array' && !isOfIntegers ? 'array' : as,
    dtype: isOfIntegers ? 'int32' : 'bool',
  });
}

function lossOf(shape: number[], axis: number, parts: Ingredients['loss']): NonNullable<FuzzCase['loss']> {
  const {sparse, given: giving, labelSmoothing, reduction} = parts;
  const rows = shape.filter((_, i) => i !== axis);
  const n = shape[axis]!;
  const indices = parts.inRange && n > 0 ? parts.indices.map((i) => Math.abs(i) % n) : parts.indices;
  const part = (of: NonNullable<typeof parts.weights> | null, to: number[]) =>
    of && filled(broadcasting(to, of.broadcast), of.pool, of.given);
  return {
    labels: sparse ? filled(rows, indices, {as: giving.as, dtype: 'int32'}) : filled(shape, parts.labels, giving),
    sparse,
    labelSmoothing,
    weights: part(parts.weights, rows),
    classWeights: part(parts.classWeights, [n]),
    ignoreIndex: sparse ? parts.ignoreIndex : null,
    reduction,
  };
}

function samplingOf(op: Op, parts: SamplingArguments): SamplingArguments {
  // Only draws have a temperature of 0, the argmax.
  if (op === 'gumbelSoftmax') return {...parts, temperature: parts.temperature === 0 ? 0.5 : parts.temperature};
  return parts;
}

/** Lengths brought down, the longest first, until there are no more elements than that; nor without an axis of length 0. */
function atMost(limit: number, given: number[]): number[] {
  const shape = [...given];
  while (shape.reduce((a, b) => a * Math.max(b, 1), 1) > limit) {
    const longest = shape.indexOf(Math.max(...shape));
    shape[longest] = Math.ceil(shape[longest]! / 2);
  }
  return shape;
}

function mistakeOf(fuzzed: FuzzCase, choice: {argument: number; wrong: number}): Mistake {
  const places = Object.entries(placesOf(fuzzed));
  const [argument, place] = places[choice.argument % places.length]!;
  const names = Object.keys(WRONG[place]).filter((name) => !isRightThere(name, argument, fuzzed));
  return {argument, wrong: names[choice.wrong % names.length]!};
}

const PLACE_OF_PARAMETER: Record<Parameter, Place> = {
  logits: 'input',
  probabilities: 'input',
  labels: 'inputOfThatShape',
  tangent: 'inputOfThatShape',
  cotangent: 'inputOfThatShape',
  axis: 'axis',
  keepDims: 'boolean',
  options: 'options',
};

const PLACE_OF_OPTION: Record<Option, Place> = {
  scale: 'number',
  mask: 'mask',
  offset: 'number',
  axis: 'axis',
  labelSmoothing: 'smoothing',
  classWeights: 'optionalInputOfThatShape',
  weights: 'optionalInputOfThatShape',
  ignoreIndex: 'index',
  reduction: 'reduction',
  samples: 'count',
  temperature: 'temperature',
  topK: 'count',
  topP: 'share',
  hard: 'boolean',
  seed: 'seed',
};

/** Of a layer; the weights are those of the layer. */
const PLACES_OF_LAYER: Record<string, Place> = {
  ...{hidden: 'input', weights: 'input', labels: 'inputOfThatShape', options: 'options', chunkRows: 'count'},
  ...{bias: 'optionalInput', classWeights: 'optionalInput', labelSmoothing: 'smoothing', reduction: 'reduction'},
};

/** The arguments that an op has, and what can be wrong with each. */
function placesOf({op, loss, layer}: FuzzCase): Record<string, Place> {
  if (layer) return PLACES_OF_LAYER;
  const {parameters, options = []} = recordOf(op)!;
  const places: Record<string, Place> = {};
  for (const name of parameters) places[name] = PLACE_OF_PARAMETER[name];
  if (OF_JOINT_AXES.includes(op)) places.axis = 'axes';
  for (const name of options) if (name !== 'ignoreIndex' || loss?.sparse) places[name] = PLACE_OF_OPTION[name];
  if (loss?.sparse && loss.labels.values.length > 0) places.indices = 'sparseLabels';
  return places;
}

/** What is wrong elsewhere but allowed in this place. */
function isRightThere(wrong: string, argument: string, {op}: FuzzCase): boolean {
  if (op === 'softmaxCrossEntropy' && argument === 'axis') return wrong === 'null';
  return false;
}
