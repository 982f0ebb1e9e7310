/**
 * The family on tfjs-node beside tfjs-node's own ops: `npx tsx benchmarks/tensorflow_kernels.ts [op ...]`
 * after `npm run setup:tfjs-node`.
 *
 * Each round times every candidate once, so that a busy machine is busy for all; a figure is the median over rounds and
 * the ratio is stock's median over ours. Every candidate has inputs of its own. Ours are timed twice: with tensors that
 * came from JavaScript, and with tensors that native ops have made or used, which have to be copied to be read. Results
 * are compared with float64 before anything is timed.
 */
import {createRequire} from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import * as family from '../index';
import * as reference from '../kernels/reference';
import {Random} from '../spec/cases/random';
import {TFJS_NODE} from '../spec/hosts/tfjs_node';

const SHAPES: [number, number][] = [
  [1, 4],
  [1, 1000],
  [64, 1000],
  [1024, 128],
  [1, 50257],
  [128, 32000],
  [4096, 8],
  [65536, 21],
];

type Vectors = (x: tf.Tensor, v: tf.Tensor) => tf.Tensor;

interface Comparison {
  ours: Vectors;
  stock: Vectors;
  /** What one row has to give, in float64. */
  exact: (x: Float64Array, v: Float64Array) => Float64Array;
}

const COMPARISONS: Record<string, Comparison> = {
  softmax: {
    ours: (x) => family.softmax(x),
    stock: (x) => tf.softmax(x),
    exact: reference.softmax,
  },
  logSoftmax: {
    ours: (x) => family.logSoftmax(x),
    stock: (x) => tf.logSoftmax(x),
    exact: reference.logSoftmax,
  },
  logSumExp: {
    ours: (x) => family.logSumExp(x),
    stock: (x) => tf.logSumExp(x, -1),
    exact: (x) => Float64Array.of(reference.logSumExp(x)),
  },
  // As tf.grad runs them: forward and vector-Jacobian product.
  softmaxGradient: {
    ours: (x, v) => tf.grad((t) => family.softmax(t))(x, v),
    stock: (x, v) => tf.grad((t) => tf.softmax(t))(x, v),
    exact: (x, v) => reference.softmaxProduct(reference.softmax(x), v),
  },
  logSoftmaxGradient: {
    ours: (x, v) => tf.grad((t) => family.logSoftmax(t))(x, v),
    stock: (x, v) => tf.grad((t) => tf.logSoftmax(t))(x, v),
    exact: (x, v) => reference.logSoftmaxVjp(reference.softmax(x), v),
  },
};

interface NodeBackend extends tf.KernelBackend {
  getInputTensorIds(tensors: tf.Tensor[]): number[];
}

async function main(): Promise<void> {
  createRequire(TFJS_NODE)(TFJS_NODE);
  await tf.setBackend('tensorflow');
  const {backends} = await family.backendReport();
  console.log(`${backends.find(({name}) => name === 'tensorflow')!.runs}, Node ${process.version}`);
  const chosen = process.argv.slice(2);
  for (const name of chosen.length > 0 ? chosen : Object.keys(COMPARISONS)) console.log(compare(name));
}

/** One op over all shapes, as a table. */
function compare(name: string): string {
  const table = new Table({
    head: [name, 'stock ns', 'ours ns, from JS', 'ratio', 'ours ns, native', 'ratio'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: {head: [], border: []},
  });
  const ratios: [number[], number[]] = [[], []];
  for (const shape of SHAPES) {
    const {stock, fromJs, native} = timeShape(COMPARISONS[name]!, shape);
    ratios[0].push(stock / fromJs);
    ratios[1].push(stock / native);
    const perElement = (ms: number) => ((ms * 1e6) / (shape[0] * shape[1])).toFixed(2);
    table.push([
      shape.join('x'),
      perElement(stock),
      perElement(fromJs),
      (stock / fromJs).toFixed(2),
      perElement(native),
      (stock / native).toFixed(2),
    ]);
  }
  const [js, native] = ratios.map((all) => geometricMean(all).toFixed(2));
  table.push(['geometric mean', '', '', js!, '', native!]);
  return table.toString();
}

function timeShape({ours, stock, exact}: Comparison, shape: [number, number]) {
  const candidates = {
    stock: prepared(stock, shape, true),
    fromJs: prepared(ours, shape, false),
    native: prepared(ours, shape, true),
  };
  for (const {run, x, v} of Object.values(candidates)) {
    const y = run();
    check(y.dataSync(), exact(firstRow(x, shape), firstRow(v, shape)));
    y.dispose();
  }
  const rounds = Math.min(1000, Math.max(15, Math.round(2e7 / (shape[0] * shape[1]))));
  const medians = medianTimes(
    Object.values(candidates).map(({run}) => run),
    rounds,
  );
  for (const {x, v} of Object.values(candidates)) tf.dispose([x, v]);
  return {stock: medians[0]!, fromJs: medians[1]!, native: medians[2]!};
}

function prepared(f: Vectors, shape: [number, number], native: boolean) {
  const random = new Random(shape[0] + shape[1]);
  const tensor = (fill: () => number) =>
    tf.tensor(
      Float32Array.from({length: shape[0] * shape[1]}, () => fill()),
      shape,
    );
  const x = tensor(() => random.uniform(-10, 10));
  const v = tensor(() => random.normal());
  if (native) (tf.backend() as NodeBackend).getInputTensorIds([x, v]);
  return {x, v, run: () => tf.tidy(() => f(x, v))};
}

/** Milliseconds, one candidate after the other in each round; more calls a time where the clock would be too coarse. */
function medianTimes(candidates: (() => tf.Tensor)[], rounds: number): number[] {
  const calls = rounds === 1000 ? 10 : 1;
  const times: number[][] = candidates.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of candidates.entries()) {
      const start = performance.now();
      for (let call = 0; call < calls; call++) run().dispose();
      times[i]!.push((performance.now() - start) / calls);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[all.length >> 1]!);
}

function firstRow(t: tf.Tensor, [, n]: [number, number]): Float64Array {
  return Float64Array.from(t.dataSync().subarray(0, n));
}

/** @throws if the first row is not right to five digits of its largest element; the conformance suite judges finer */
function check(actual: ArrayLike<number>, exact: Float64Array): void {
  const allowed = 1e-5 * exact.reduce((largest, e) => Math.max(largest, Math.abs(e)), 0);
  for (let i = 0; i < exact.length; i++) {
    if (!(Math.abs(actual[i]! - exact[i]!) <= allowed)) {
      throw new Error(`element ${i} is ${actual[i]} where ${exact[i]} is right`);
    }
  }
}

function geometricMean(values: number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

main();
