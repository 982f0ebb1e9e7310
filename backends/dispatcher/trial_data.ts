/** The numbers on which a kernel is tried, and what comes of them in float64. */
import type {NamedAttrMap} from '@tensorflow/tfjs-core';
import * as reference from '../../kernels/reference';
import {PRODUCTS_OF_PROBABILITIES} from '../../kernels/reference_table';
import type {Rows, Trial} from '../engines/types';

/** So many elements of a result are compared, in whole rows, the first and the last among them. */
const COMPARED_ELEMENTS = 1 << 13;

interface Given {
  values: Float32Array | Int32Array | Uint8Array;
  shape: number[];
  dtype: 'float32' | 'int32' | 'bool';
}

/** The inputs of a trial, and what comes of them. */
export class TrialData {
  readonly kernel: string;
  readonly attrs: NamedAttrMap;
  readonly inputs: Record<string, Given> = {};
  private readonly perRow: boolean;
  private readonly isTotal: boolean;

  /** @param seed another for each trial, so that the result of one is right for no other */
  constructor(
    private readonly trial: Trial,
    private readonly seed: number,
    halfFloats: boolean,
  ) {
    const {rows, op} = trial;
    const size = rows.outer * rows.n * rows.inner;
    const full = rows.inner === 1 ? [rows.outer, rows.n] : [rows.outer, rows.n, rows.inner];
    const reduced = rows.inner === 1 ? [rows.outer] : [rows.outer, rows.inner];
    const floats = (salt: number, shape: number[], f: (u: number) => number): Given => ({
      values: new Float32Array(sizeOf(shape)).map((_, i) => f(this.random(i, salt))),
      shape,
      dtype: 'float32',
    });
    const between = (low: number, high: number) => (u: number) => low + (high - low) * u;
    // Of another width and offset in each trial: sums of many are about the same otherwise, and stale ones would be right.
    const [width, offset] = [2 + 2 * this.random(0, 6), 6 * this.random(0, 7) - 3];
    const logits = floats(0, full, between(-width, width));
    if (op === 'forward') spice(logits.values as Float32Array, rows, halfFloats);
    this.perRow = (op === 'forward' && trial.kind === 'logSumExp') || op === 'loss';
    this.isTotal = false;
    switch (op) {
      case 'forward': {
        const {kind, scale, masked} = trial;
        this.kernel = masked ? `masked${kind[0]!.toUpperCase()}${kind.slice(1)}` : kind;
        this.attrs = {axis: 1, scale, keepDims: false};
        this.inputs.logits = logits;
        const mask = new Uint8Array(masked ? size : 0).map((_, i) => Number(this.random(i, 1) < 0.7));
        if (masked) this.inputs.mask = {values: mask, shape: full, dtype: 'bool'};
        break;
      }
      case 'product':
        this.kernel = trial.kind;
        this.attrs = {axis: 1, scale: trial.scale, factor: trial.scale};
        this.inputs.vector = floats(1, full, between(offset - 5, offset + 5));
        if (trial.fromLogits) this.inputs.logits = logits;
        else this.inputs.probabilities = floats(2, full, between(0, 2 / rows.n));
        break;
      case 'loss':
      case 'lossGradient': {
        const {sparse, smoothing, total} = trial.loss;
        this.kernel = `${sparse ? 'sparseC' : 'c'}rossEntropy${op === 'lossGradient' ? 'Gradient' : ''}`;
        this.attrs = {axis: 1, smoothing, reduced: total !== null, factor: total ?? 1};
        this.isTotal = total !== null;
        const classes = new Int32Array(sizeOf(reduced)).map((_, i) => Math.floor(this.random(i, 3) * rows.n));
        const labels: Given = sparse ? {values: classes, shape: reduced, dtype: 'int32'} : floats(4, full, (u) => u);
        Object.assign(this.inputs, {logits, labels});
        if (op === 'lossGradient') this.inputs.cotangent = floats(5, total === null ? reduced : [], between(0.5, 2));
        break;
      }
      case 'scaleRows':
        this.kernel = 'DifferentiableScaleRows';
        this.attrs = {axis: 1};
        Object.assign(this.inputs, {x: logits, g: floats(1, reduced, between(-2, 2))});
        break;
      case 'logPlus':
        this.kernel = 'DifferentiableLogPlus';
        this.attrs = {c: -2};
        this.inputs.x = floats(1, full, between(0.1, 9));
    }
  }

  /** What is wrong with the result; null if nothing is. */
  mismatch(result: ArrayLike<number>, tolerance: number): string | null {
    const {outer, n, inner} = this.trial.rows;
    const rows = outer * inner;
    if (this.isTotal && this.trial.op === 'loss') {
      let [sum, size] = [0, 0];
      for (let row = 0; row < rows; row++) {
        const expected = this.expected(row);
        sum += expected.values[0]!;
        size += expected.sizes[0]!;
      }
      const factor = this.trial.loss.total!;
      return wrongAt(result[0]!, sum * factor, size * factor * tolerance, 'the total');
    }
    const count = Math.min(rows, Math.max(2, Math.floor(COMPARED_ELEMENTS / n)));
    for (let k = 0; k < count; k++) {
      const row = count === 1 ? 0 : Math.round((k * (rows - 1)) / (count - 1));
      const {values, sizes} = this.expected(row);
      // Infinite terms are right or wrong by themselves.
      const size = sizes.reduce((most, one) => (Number.isFinite(one) ? Math.max(most, one) : most), 0);
      for (let j = 0; j < values.length; j++) {
        const at = this.perRow ? row : this.placeOf(row, j);
        const wrong = wrongAt(result[at]!, values[j]!, tolerance * size, `row ${row}, element ${j}`);
        if (wrong !== null) return wrong;
      }
    }
    return null;
  }

  /** A row of the result in float64, and of each number the size of the terms that it is a sum of. */
  private expected(row: number): {values: Float64Array; sizes: Float64Array} {
    const {trial} = this;
    const of = (name: string) => this.rowOf(this.inputs[name]!, row);
    switch (trial.op) {
      case 'forward': {
        const {kind, scale, masked} = trial;
        const x = of('logits').map((value) => value * scale);
        const value = masked
          ? reference.masked[kind](x, of('mask') as never)
          : {softmax: reference.softmax, logSoftmax: reference.logSoftmax, logSumExp: reference.logSumExp}[kind](x);
        const values = typeof value === 'number' ? Float64Array.of(value) : value;
        return {values, sizes: values.map((y) => (kind === 'softmax' ? y : Math.max(1, Math.abs(y))))};
      }
      case 'product': {
        const {kind, scale, fromLogits} = trial;
        const y = fromLogits ? reference.softmax(of('logits').map((x) => x * scale)) : of('probabilities');
        const {value, magnitude} = PRODUCTS_OF_PROBABILITIES[kind];
        const v = of('vector');
        return {values: value(y, v).map((p) => p * scale), sizes: magnitude(y, v)};
      }
      case 'loss':
      case 'lossGradient': {
        const {sparse, smoothing, total, rows} = trial.loss;
        const x = of('logits');
        const labels = sparse ? x.map((_, j) => Number(this.inputs.labels!.values[row] === j)) : of('labels');
        const q = labels.map((l) => l * (1 - smoothing) + smoothing / rows.n);
        if (trial.op === 'loss') {
          const loss = reference.crossEntropy(x, q);
          return {values: Float64Array.of(loss), sizes: Float64Array.of(Math.max(1, Math.abs(loss)))};
        }
        const g = this.inputs.cotangent!.values[total === null ? row : 0]! * (total ?? 1);
        const sum = q.reduce((t, one) => t + one, 0);
        const values = reference.crossEntropyGradient(x, q).map((slope) => slope * g);
        return {values, sizes: q.map(() => Math.abs(g) * sum)};
      }
      case 'scaleRows': {
        const g = this.inputs.g!.values[row]!;
        const values = of('x').map((x) => x * g);
        return {values, sizes: values.map(Math.abs)};
      }
      case 'logPlus': {
        const values = of('x').map((x) => Math.log(x) - 2);
        return {values, sizes: values.map(() => 2)};
      }
    }
  }

  private rowOf({values}: Given, row: number): Float64Array {
    return new Float64Array(this.trial.rows.n).map((_, j) => values[this.placeOf(row, j)]!);
  }

  private placeOf(row: number, j: number): number {
    const {n, inner} = this.trial.rows;
    return (Math.floor(row / inner) * n + j) * inner + (row % inner);
  }

  /** In [0, 1), the same for the same numbers: a hash of them. */
  private random(i: number, salt: number): number {
    let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(this.seed * 8 + salt + 1, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    return ((h ^ (h >>> 15)) >>> 8) * 2 ** -24;
  }
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

function wrongAt(is: number, shouldBe: number, tolerance: number, where: string): string | null {
  if (Object.is(is, shouldBe) || is === shouldBe || Math.abs(is - shouldBe) <= tolerance) return null;
  return `gives ${is} where ${shouldBe} is right (${where})`;
}

function sizeOf(shape: number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
