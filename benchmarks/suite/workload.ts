import {REFERENCE} from '../../kernels/reference_table';
import {Random} from '../../spec/cases/random';
import {parseDistribution} from './logits';
import type {OpName} from './ops';
import {type Shape, shapeName} from './shapes';

export interface Input {
  x: Float32Array;
  v: Float32Array;
}

/** Two different inputs, so that a result that was kept from one is wrong for the other. */
export type Which = 0 | 1;

/** What is needed to make a workload, in this process or in another: the same numbers in both. */
export interface WorkloadPlan {
  op: OpName;
  shape: Shape;
  /** Of the logits, such as `normal:3`. */
  distribution: string;
  madeBy: Origin;
}

export interface Workload extends WorkloadPlan {
  inputs: [Input, Input];
}

/** Whether inputs come from an op on the device, as in a model, or from arrays of JavaScript that no op has used yet. */
export const ORIGINS = ['op', 'array'] as const;
export type Origin = (typeof ORIGINS)[number];

export function workload({op, shape, distribution, madeBy}: WorkloadPlan): Workload {
  const {next: nextLogit} = parseDistribution(distribution);
  const random = new Random(shape[0] * 31 + shape[1]);
  const fill = (next: (column: number) => number) => {
    const values = new Float32Array(shape[0] * shape[1]);
    for (let i = 0; i < values.length; i++) values[i] = next(i % shape[1]);
    return values;
  };
  const input = () => ({
    x: fill((column) => nextLogit(random, column)),
    v: fill(() => random.normal()),
  });
  return {op, shape, distribution, madeBy, inputs: [input(), input()]};
}

export interface ExpectedRow {
  exact: Float64Array;
  /** Of each number the size of the terms of which it is a sum: the unit of its error is one ULP of that. */
  magnitude: Float64Array;
  /** The largest of these: what is off by more than a part of it is wrong. */
  scale: number;
}

/** Some rows of a result in float64, by their number. */
export interface Expected {
  rows: Map<number, ExpectedRow>;
  /** How many numbers the op makes of each row. */
  perRow: number;
  count: number;
}

/** More elements than these are not all compared: the oracle is slow. */
const ELEMENTS_CHECKED = 1 << 18;

/**
 * What the op gives, for all rows of small tensors; of large ones the first, the last, and others spread between,
 * at places that differ from call to call.
 *
 * @param most how many elements are compared at most, two rows at least
 */
export function expected({op, shape, inputs}: Workload, which: Which, most = ELEMENTS_CHECKED): Expected {
  const [count, n] = shape;
  const {x, v} = inputs[which];
  const rows = new Map<number, ExpectedRow>();
  for (const row of chosenRows(count, Math.max(2, Math.floor(most / n)))) {
    const part = (values: Float32Array) => Float64Array.from(values.subarray(row * n, (row + 1) * n));
    const exact = REFERENCE[op].value(part(x), part(v));
    const magnitude = REFERENCE[op].magnitude(part(x), part(v));
    // A mask's infinities have no size.
    const scale = magnitude.reduce((most, size) => (size < Infinity ? Math.max(most, size) : most), 0);
    rows.set(row, {exact, magnitude, scale});
  }
  return {rows, perRow: rows.get(0)!.exact.length, count};
}

function chosenRows(count: number, chosen: number): Iterable<number> {
  if (chosen >= count) return Array(count).keys();
  const step = count / chosen;
  const between = Array.from({length: chosen}, (_, k) => Math.floor((k + Math.random()) * step));
  return new Set([0, ...between, count - 1]);
}

/** Bytes that any implementation has to move: what it is given and what it gives. */
export function idealBytes(op: OpName, [rows, n]: Shape): number {
  const {takesVector, perRow} = REFERENCE[op];
  return 4 * ((takesVector ? 2 : 1) * rows * n + (perRow ? rows : rows * n));
}

export function workloadName({op, shape}: Pick<Workload, 'op' | 'shape'>): string {
  return `${op} ${shapeName(shape)}`;
}
