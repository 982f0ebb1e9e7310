import type {Op as OpRecord} from '../../kernels/op';
import {FORWARD, OPS as family, PRODUCTS} from '../../kernels/table';

/** A call of a public op as pure data, valid or with one mistake in it: the same in this process, a page, another process. */

/** tfjs's own ops after `install()`, which is taken back afterwards. */
export const INSTALLED = ['tf.softmax', 'tf.logSoftmax', 'tf.logSumExp'] as const;
/** The op that the family's table has not, since it is of no logits. */
const LAYER = 'linearCrossEntropy';
export type Op = keyof typeof family | typeof LAYER | (typeof INSTALLED)[number];
export const OPS: Op[] = [...(Object.keys(family) as Op[]), LAYER, ...INSTALLED];

/** The ops that take several axes. */
export const OF_JOINT_AXES: readonly string[] = [...Object.keys(FORWARD), ...Object.keys(PRODUCTS), 'entropy'];

/** What the family's table says of an op: null of tfjs's own, and of `linearCrossEntropy`. */
export function recordOf(op: Op): OpRecord | null {
  return Object.hasOwn(family, op) ? family[op as keyof typeof family] : null;
}

/** Numbers as somebody may give them. */
export interface Given {
  as: 'tensor' | 'array' | 'typed array';
  /** Of a tensor. */
  dtype: 'float32' | 'int32' | 'bool';
  shape: number[];
  /** What the tensor or array holds, already of that type. */
  values: number[];
}

/** Something that is wrong in its place, by its name in `wrong.ts`. */
export interface Mistake {
  /** The name of the argument as the error has to give it. */
  argument: string;
  wrong: string;
}

export interface FuzzCase {
  op: Op;
  /** By tf.grad in the logits, with `vector` as the cotangent. */
  gradient: boolean;
  /** Or probabilities, or where there is a layer its `hidden`. */
  logits: Given;
  /** In [-rank, rank), or some of these for one joint distribution, or undefined for the default. */
  axis: number | number[] | undefined;
  scale: number | undefined;
  mask: Given | null;
  /** A tangent or cotangent. */
  vector: Given | null;
  keepDims: boolean;
  offset: number | undefined;
  loss: LossArguments | null;
  layer: LayerArguments | null;
  sampling: SamplingArguments | null;
  mistake: Mistake | null;
}

export interface LossArguments {
  labels: Given;
  sparse: boolean;
  labelSmoothing: number | undefined;
  weights: Given | null;
  classWeights: Given | null;
  ignoreIndex: number | null;
  reduction: 'none' | 'mean' | 'sum' | undefined;
}

/** Of `linearCrossEntropy`, whose logits hidden·weights + bias are exact in float32: so its loss is held to what any loss is. */
export interface LayerArguments {
  weights: Given;
  bias: Given | null;
  chunkRows: number | undefined;
  /** What its gradient is in, if it is differentiated. */
  of: 'hidden' | 'weights' | 'bias';
}

/** Of `categorical` and `gumbelSoftmax`; each has some of them. */
export interface SamplingArguments {
  samples: number | undefined;
  temperature: number | undefined;
  topK: number | undefined;
  topP: number | undefined;
  hard: boolean | undefined;
  /** Always given: only then can it be known what comes. */
  seed: number;
}

/** What became of a call. */
export interface FuzzOutcome {
  /** Null if it threw. */
  result: {values: ArrayLike<number>; shape: number[]; dtype: string} | null;
  error: {name: string; message: string} | null;
  /** What of tfjs is not as it was before: tensors, flags, scopes, the active backend, the inputs. */
  changes: string[];
}
