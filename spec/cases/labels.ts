import {Random} from './random';

/** Logits with labels: distributions of the shape of the logits, or the index of each row's class. */
export interface LabelsCase {
  name: string;
  shape: number[];
  axis: number;
  values: Float32Array;
  labels: {shape: number[]; values: Float32Array | Int32Array};
  smoothing: number;
  /** The smoothed labels of each logit. */
  q: Float64Array;
}

type Fill = (random: Random, j: number, row: number) => number;

interface Options {
  axis?: number;
  smoothing?: number;
  logits?: Fill;
}

export function labelled(name: string, shape: number[], kind: 'sparse' | Fill, options: Options = {}): LabelsCase {
  const {axis = shape.length - 1, smoothing = 0, logits = (r) => r.normal(4)} = options;
  const random = new Random(shape.reduce((a, b) => a * 31 + b, axis));
  const sizeOf = (lengths: number[]) => lengths.reduce((a, b) => a * b, 1);
  const [outer, n, inner] = [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
  const values = new Float32Array(outer * n * inner);
  const dense = new Float32Array(values.length);
  const indices = new Int32Array(outer * inner);
  for (let row = 0; row < indices.length; row++) {
    const at = (j: number) => (Math.floor(row / inner) * n + j) * inner + (row % inner);
    indices[row] = random.integer(0, n - 1);
    for (let j = 0; j < n; j++) {
      values[at(j)] = logits(random, j, row);
      dense[at(j)] = kind === 'sparse' ? Number(j === indices[row]) : kind(random, j, row);
    }
  }
  const labels =
    kind === 'sparse' ? {shape: shape.filter((_, i) => i !== axis), values: indices} : {shape, values: dense};
  const q = Float64Array.from(dense, (l) => l * (1 - smoothing) + smoothing / n);
  return {name, shape, axis, values, labels, smoothing, q};
}

const oneHot: Fill = (_, j, row) => Number(j === row % 3);

export const LABELS: LabelsCase[] = [
  labelled('class indices', [64, 10], 'sparse'),
  labelled('class indices in a long row', [3, 1000], 'sparse'),
  labelled('class indices, smoothed', [33, 21], 'sparse', {smoothing: 0.1}),
  labelled('class indices along axis 1', [4, 7, 12], 'sparse', {axis: 1}),
  labelled('class indices of one row', [5], 'sparse'),
  labelled('confident', [40, 16], 'sparse', {logits: (r, j, row) => (j === row % 16 ? 30 : r.uniform())}),
  labelled('one-hot', [64, 10], oneHot),
  labelled('one-hot, smoothed', [64, 10], oneHot, {smoothing: 0.2}),
  labelled('distributions that do not sum to 1', [20, 33], (r) => r.uniform(0, 0.2)),
  labelled('distributions along axis 0', [9, 15], (r) => r.uniform(), {axis: 0}),
  labelled('-Infinity where the label is 0', [12, 30], (r, j) => (j % 3 ? r.uniform() : 0), {
    logits: (r, j) => (j % 3 ? r.normal(3) : Number.NEGATIVE_INFINITY),
  }),
  labelled('losses whose sum is no float', [8, 6], oneHot, {logits: (_, j, row) => (j === row % 3 ? 0 : 2.5e38)}),
  labelled('losses of classes whose sum is no float', [8, 6], 'sparse', {logits: (_, j) => (j === 0 ? 2.5e38 : 0)}),
  labelled('a vocabulary', [2, 50257], 'sparse', {logits: (r) => r.normal(3)}),
];
