import * as tf from '@tensorflow/tfjs-core';
import type {BackendCosts, MoveCost, OpCost} from '../backends/dispatcher/cost';
import {OP_NAMES, type Op} from '../backends/dispatcher/ops';
import {rankBackends, softmax} from '../node';

/** Shapes from tiny to large, of long rows and of short ones. */
const SHAPES = [
  [1, 4],
  [1, 1000],
  [64, 1000],
  [1, 50257],
  [1024, 128],
  [4096, 8],
  [8192, 21],
  [512, 1000],
  [4, 128256],
];
const SIZES = [1000, 100_000, 1_000_000];
const REPEATS = 7;

export interface FiguresRequest {
  backend: string;
  /** Where this is measured, for people. */
  from: string;
  /** Milliseconds for each op and shape. */
  budgetMs: number;
  /** Shapes with more elements are left out. */
  largest: number;
}

/** Fits the cost model of the dispatcher to what one backend takes in this process or page. */
export async function figuresOf({
  backend,
  from,
  budgetMs,
  largest,
}: FiguresRequest): Promise<Omit<BackendCosts, 'model'>> {
  const ops: [Op, OpCost][] = [];
  const firstCalls: number[] = [];
  for (const op of OP_NAMES) {
    const points: Point[] = [];
    for (const shape of SHAPES.filter(([rows, n]) => rows! * n! <= largest)) {
      const options = {mode: 'measure', candidates: [backend], budgetMs, remember: false} as const;
      const {parts} = (await rankBackends({op, shape}, options)).candidates[0]!;
      const [part] = parts;
      if (part?.source !== 'measured')
        throw new Error(`${op} [${shape}] on ${backend} was not measured: ${part?.from}`);
      // The 20th percentile: what else the machine does lengthens it least.
      points.push({terms: [1, shape[0]!, shape[0]! * shape[1]!], time: part.timing!.p20 * 1e6});
      firstCalls.push(part.firstMs! - part.opMs!);
    }
    const [fixed, row, element] = fitted(points);
    ops.push([op, {fixed: rounded(fixed! / 1000), row: rounded(row!), element: rounded(element!)}]);
  }
  const firstCall = rounded(median(firstCalls));
  return {from, ops: Object.fromEntries(ops) as Record<Op, OpCost>, ...(await moves(backend)), firstCall};
}

/** How long values take to get there, seen by an op that waits for them, and results back. */
async function moves(backend: string): Promise<{upload: MoveCost; download: MoveCost}> {
  await tf.setBackend(backend);
  const up: Point[] = [];
  const down: Point[] = [];
  for (const size of SIZES) {
    const values = new Float32Array(size).fill(1);
    const timed = Array.from({length: REPEATS}, () => {
      const t0 = performance.now();
      const fresh = tf.tensor1d(values.slice());
      const first = softmax(fresh);
      one(first);
      const t1 = performance.now();
      const second = softmax(fresh);
      one(second);
      const t2 = performance.now();
      second.dataSync();
      const t3 = performance.now();
      tf.dispose([fresh, first, second]);
      return {up: t1 - t0 - (t2 - t1), down: t3 - t2};
    });
    up.push({terms: [1, size], time: Math.max(median(timed.map((t) => t.up)), 0) * 1e6});
    down.push({terms: [1, size], time: median(timed.map((t) => t.down)) * 1e6});
  }
  const cost = (points: Point[]): MoveCost => {
    const [fixed, element] = fitted(points);
    return {fixed: rounded(fixed! / 1000), element: rounded(element!)};
  };
  return {upload: cost(up), download: cost(down)};
}

/** Waits for a result by reading one element of it. */
function one(result: tf.Tensor1D): void {
  const element = tf.slice(result, 0, 1);
  element.dataSync();
  element.dispose();
}

interface Point {
  terms: number[];
  /** Nanoseconds. */
  time: number;
}

/**
 * Coefficients from 0 that fit the points best, by least squares of the relative errors: the best of the least squares
 * over every subset of terms that gives no negative one.
 */
export function fitted(points: Point[]): number[] {
  const count = points[0]!.terms.length;
  let best = {error: Number.POSITIVE_INFINITY, coefficients: new Array<number>(count).fill(0)};
  for (let subset = 1; subset < 1 << count; subset++) {
    const chosen = Array.from({length: count}, (_, i) => i).filter((i) => subset & (1 << i));
    const rows = points.map(({terms, time}) => chosen.map((i) => terms[i]! / Math.max(time, 1)));
    const solution = leastSquares(rows);
    if (!solution.every((c) => c >= 0)) continue;
    const coefficients = new Array<number>(count).fill(0);
    chosen.forEach((i, k) => {
      coefficients[i] = solution[k]!;
    });
    const error = rows.reduce((sum, row) => sum + (row.reduce((s, a, k) => s + a * solution[k]!, 0) - 1) ** 2, 0);
    if (error < best.error) best = {error, coefficients};
  }
  return best.coefficients;
}

/** The x that makes each row's product with it nearest to 1: the normal equations, by Gaussian elimination. */
function leastSquares(rows: number[][]): number[] {
  const size = rows[0]!.length;
  const matrix = Array.from({length: size}, (_, i) => [
    ...Array.from({length: size}, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    rows.reduce((sum, row) => sum + row[i]!, 0),
  ]);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (j === i) continue;
      const factor = matrix[j]![i]! / matrix[i]![i]!;
      matrix[j] = matrix[j]!.map((value, k) => value - factor * matrix[i]![k]!);
    }
  }
  return matrix.map((row, i) => row[size]! / row[i]!);
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function rounded(value: number): number {
  return Number(value.toPrecision(2));
}
