/** The numbers on which a kernel is tried, and what comes of them in float64. */
import {type NamedAttrMap, util} from '@tensorflow/tfjs-core';
import * as reference from '../../kernels/reference';
import {PRODUCTS_OF_PROBABILITIES, REFERENCE} from '../../kernels/reference_table';
import type {Rows, Trial} from '../engines/types';
import {isClose} from './agreement';
import {rowOf, wrongInRow, wrongNumber} from './check';

/** So many elements of a result are compared, in whole rows, the first and the last among them. */
const COMPARED_ELEMENTS = 1 << 13;

interface Given {
  values: Float32Array | Int32Array | Uint8Array;
  shape: number[];
  dtype: 'float32' | 'int32' | 'bool';
}

/** The kernel of a trial, its arguments, and what comes of them. */
export interface TrialData {
  kernel: string;
  attrs: NamedAttrMap;
  inputs: Record<string, Given>;
  /** A row of the result in float64, and of each number the size of the terms that it is a sum of. */
  expected(row: number): {values: Float64Array; sizes: Float64Array};
}

/** @param seed another for each trial, so that the result of one is right for no other */
export function trialData(trial: Trial, seed: number, halfFloats: boolean): TrialData {
  const {rows} = trial;
  const full = rows.inner === 1 ? [rows.outer, rows.n] : [rows.outer, rows.n, rows.inner];
  const reduced = rows.inner === 1 ? [rows.outer] : [rows.outer, rows.inner];
  const random = (i: number, salt: number) => hash(i + 1, seed * 8 + salt + 1);
  const floats = (salt: number, shape: number[], f: (u: number) => number): Given => ({
    values: new Float32Array(util.sizeFromShape(shape)).map((_, i) => f(random(i, salt))),
    shape,
    dtype: 'float32',
  });
  const between = (low: number, high: number) => (u: number) => low + (high - low) * u;
  const of = ({values}: Given, row: number) => rowOf(values, rows, row);
  // Of another width and offset in each trial: sums of many are about the same otherwise, and stale ones would be right.
  const [width, offset] = [2 + 2 * random(0, 6), 6 * random(0, 7) - 3];
  const logits = floats(0, full, between(-width, width));
  switch (trial.op) {
    case 'forward': {
      const {kind, scale, masked} = trial;
      spice(logits.values as Float32Array, rows, halfFloats);
      const isUsed = new Uint8Array(masked ? logits.values.length : 0).map((_, i) => Number(random(i, 1) < 0.7));
      const mask: Given = {values: isUsed, shape: full, dtype: 'bool'};
      return {
        kernel: masked ? `masked${kind[0]!.toUpperCase()}${kind.slice(1)}` : kind,
        attrs: {axis: 1, scale, keepDims: false},
        inputs: masked ? {logits, mask} : {logits},
        expected(row) {
          const x = of(logits, row).map((value) => value * scale);
          const value = masked ? reference.masked[kind](x, of(mask, row) as never) : REFERENCE[kind].value(x, x);
          const values = typeof value === 'number' ? Float64Array.of(value) : value;
          return {values, sizes: values.map((y) => (kind === 'softmax' ? y : Math.max(1, Math.abs(y))))};
        },
      };
    }
    case 'product': {
      const {kind, scale, fromLogits} = trial;
      const vector = floats(1, full, between(offset - 5, offset + 5));
      const source = fromLogits ? logits : floats(2, full, between(0, 2 / rows.n));
      return {
        kernel: kind,
        attrs: {axis: 1, scale, factor: scale},
        inputs: {vector, [fromLogits ? 'logits' : 'probabilities']: source},
        expected(row) {
          const y = fromLogits ? reference.softmax(of(source, row).map((x) => x * scale)) : of(source, row);
          const {value, magnitude} = PRODUCTS_OF_PROBABILITIES[kind];
          const v = of(vector, row);
          return {values: value(y, v).map((p) => p * scale), sizes: magnitude(y, v)};
        },
      };
    }
    case 'loss':
    case 'lossGradient': {
      const {sparse, smoothing, total} = trial.loss;
      const isGradient = trial.op === 'lossGradient';
      const classes = new Int32Array(rows.outer * rows.inner).map((_, i) => Math.floor(random(i, 3) * rows.n));
      const labels: Given = sparse ? {values: classes, shape: reduced, dtype: 'int32'} : floats(4, full, (u) => u);
      const cotangent = floats(5, total === null ? reduced : [], between(0.5, 2));
      return {
        kernel: `${sparse ? 'sparseC' : 'c'}rossEntropy${isGradient ? 'Gradient' : ''}`,
        attrs: {axis: 1, smoothing, reduced: total !== null, factor: total ?? 1},
        inputs: isGradient ? {logits, labels, cotangent} : {logits, labels},
        expected(row) {
          const x = of(logits, row);
          const l = sparse ? x.map((_, j) => Number(classes[row] === j)) : of(labels, row);
          const q = l.map((p) => p * (1 - smoothing) + smoothing / rows.n);
          if (!isGradient) {
            const loss = reference.crossEntropy(x, q);
            return {values: Float64Array.of(loss), sizes: Float64Array.of(Math.max(1, Math.abs(loss)))};
          }
          const g = cotangent.values[total === null ? row : 0]! * (total ?? 1);
          const sum = q.reduce((t, one) => t + one, 0);
          const values = reference.crossEntropyGradient(x, q).map((slope) => slope * g);
          return {values, sizes: q.map(() => Math.abs(g) * sum)};
        },
      };
    }
    case 'scaleRows': {
      const g = floats(1, reduced, between(-2, 2));
      return {
        kernel: 'DifferentiableScaleRows',
        attrs: {axis: 1},
        inputs: {x: logits, g},
        expected(row) {
          const values = of(logits, row).map((x) => x * g.values[row]!);
          return {values, sizes: values.map(Math.abs)};
        },
      };
    }
    case 'logPlus': {
      const x = floats(1, full, between(0.1, 9));
      return {
        kernel: 'DifferentiableLogPlus',
        attrs: {c: -2},
        inputs: {x},
        expected(row) {
          const values = of(x, row).map((value) => Math.log(value) - 2);
          return {values, sizes: values.map(() => 2)};
        },
      };
    }
  }
}

/** What is wrong with the result of a trial; null if nothing is. */
export function wrongIn(result: ArrayLike<number>, trial: Trial, {expected}: TrialData, tolerance: number) {
  const {outer, n, inner} = trial.rows;
  const rows = outer * inner;
  if (trial.op === 'loss' && trial.loss.total !== null) {
    let [sum, size] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const {values, sizes} = expected(row);
      sum += values[0]! * trial.loss.total;
      size += sizes[0]! * trial.loss.total;
    }
    return isClose(result[0], sum, size * tolerance) ? null : wrongNumber(result[0], sum, 'the total');
  }
  const count = Math.min(rows, Math.max(2, Math.floor(COMPARED_ELEMENTS / n)));
  for (let k = 0; k < count; k++) {
    const row = count === 1 ? 0 : Math.round((k * (rows - 1)) / (count - 1));
    const {values, sizes} = expected(row);
    // Infinite terms are right or wrong by themselves.
    const size = sizes.reduce((most, one) => (Number.isFinite(one) ? Math.max(most, one) : most), 0);
    const wrong = wrongInRow(result, row, inner, values, tolerance * size);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** In [0, 1), the same for the same numbers. */
function hash(i: number, salt: number): number {
  let h = Math.imul(i, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 8) * 2 ** -24;
}

/**
 * Makes rows of what faulty softmaxes fail on: -Infinity, a large offset, a confident maximum, ties below -1e20. Half floats end
 * at 65504.
 */
function spice(x: Float32Array, {outer, n, inner}: Rows, halfFloats: boolean): void {
  if (inner !== 1 || n < 5) return;
  for (let row = 1; row < Math.min(outer, 5); row++) {
    const values = x.subarray(row * n, (row + 1) * n);
    if (row === 1) values.set([Number.NEGATIVE_INFINITY, 2, halfFloats ? -6e4 : -1e9], 1);
    else if (halfFloats) continue;
    else if (row === 2) for (let j = 0; j < n; j++) values[j]! += 10_000;
    else if (row === 3) values.set([-3e4, 30], 0);
    else values.fill(-1e30);
  }
}
