/**
 * What the wasm kernels promise beside being faster than stock (npm run bench -- --backend wasm): products against the
 * ops that stock composes, any axis at the cost of the last, and no input that slows them down. Every pair is interleaved,
 * and each result is checked against float64 before its time counts.
 *
 *     tsx benchmarks/wasm_kernels.ts
 *     NODE_OPTIONS=--experimental-wasm-relaxed-simd tsx benchmarks/wasm_kernels.ts     fused multiply-add, in Node 20
 */
import type {ProductKind} from '../backends/engines/types';
import '@tensorflow/tfjs-backend-wasm';
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {wasmBackend} from '../backends/wasm';
import {logSoftmax, logSumExp, softmax} from '../index';
import * as reference from '../kernels/reference';
import {rowsAlong} from '../kernels/rows';
import {Random} from '../spec/cases/random';
import {timeFunctions} from './suite/functions';
import {geometricMean} from './suite/statistics';

const SHAPES = [
  [1, 1000],
  [64, 1000],
  [1024, 128],
  [1, 50257],
  [128, 32000],
  [4096, 8],
  [65536, 21],
  [1, 4],
];
/** Seconds for each pair. */
const SECONDS = 0.3;

const random = new Random(1);
const uniform = (low: number, high: number) => () => random.uniform(low, high);

function filled(shape: number[], draw: () => number): tf.Tensor {
  return tf.tensor(Float32Array.from({length: tf.util.sizeFromShape(shape)}, draw), shape);
}

/** Times two actions in turns, prints nanoseconds an element and their ratio, and returns that. */
async function race(title: string, size: number, ours: () => void, other: () => void): Promise<number> {
  const [mine, theirs] = (await timeFunctions([ours, other], SECONDS)).map(({median}) => median) as [number, number];
  const [a, b] = [mine, theirs].map((ms) => ((ms * 1e6) / size).toFixed(3));
  console.log(`${title}: ${a} against ${b} ns, ${(theirs / mine).toFixed(2)}`);
  return theirs / mine;
}

const FORWARD = {softmax, logSoftmax};
const EXACT_FORWARD = {softmax: reference.softmax, logSoftmax: reference.logSoftmax};
const EXACT_PRODUCT = {softmax: reference.softmaxProduct, logSoftmax: reference.logSoftmaxVjp};

/** An op as an action, after its result has been checked. */
function checkedForward(op: keyof typeof FORWARD, x: tf.Tensor, axis: number): () => void {
  const run = FORWARD[op];
  const y = run(x, axis);
  check(y.dataSync(), reference.alongAxis(x.shape, axis, [x.dataSync()], EXACT_FORWARD[op]));
  y.dispose();
  return () => run(x, axis).dispose();
}

/** The gradient of an op as an action, after its result has been checked. */
function checkedGradient(op: keyof typeof FORWARD, x: tf.Tensor, v: tf.Tensor, axis: number): () => void {
  const gradient = tf.grad((logits) => FORWARD[op](logits, axis));
  const exact = reference.alongAxis(x.shape, axis, [x.dataSync(), v.dataSync()], (xi, vi) =>
    EXACT_PRODUCT[op](reference.softmax(xi), vi),
  );
  const result = gradient(x, v);
  check(result.dataSync(), exact);
  result.dispose();
  return () => gradient(x, v).dispose();
}

function checkedProduct(kind: ProductKind, y: tf.Tensor, v: tf.Tensor): () => void {
  const backend = tf.backend() as BackendWasm;
  const rows = rowsAlong(y.shape, y.rank - 1);
  const run = () => wasmBackend.product({kind, y, v, rows, factor: 1}, backend);
  const result = run();
  const row = {
    softmaxProduct: reference.softmaxProduct,
    logSoftmaxJvp: reference.logSoftmaxJvp,
    logSoftmaxVjp: reference.logSoftmaxVjp,
  }[kind];
  const exact = reference.alongAxis(y.shape, y.rank - 1, [y.dataSync(), v.dataSync()], row);
  check(backend.readSync(result.dataId) as Float32Array, exact);
  backend.disposeData(result.dataId);
  return () => {
    backend.disposeData(run().dataId);
  };
}

function check(actual: ArrayLike<number>, exact: Float64Array): void {
  const wrong = exact.findIndex((e, i) => !(Math.abs(actual[i]! - e) <= 2e-6 * Math.max(1, Math.abs(e))));
  if (wrong >= 0) throw new Error(`${actual[wrong]} at ${wrong}, but ${exact[wrong]} is right`);
}

async function products(): Promise<void> {
  const softmaxRatios: number[] = [];
  const logSoftmaxRatios: number[] = [];
  for (const shape of SHAPES) {
    const size = tf.util.sizeFromShape(shape);
    const log = tf.logSoftmax(filled(shape, uniform(-10, 10)));
    const [y, v] = [tf.exp(log), filled(shape, uniform(-1, 1))];
    const ofSoftmax = () => {
      const weighted = tf.mul(v, y);
      return tf.sub(weighted, tf.mul(tf.sum(weighted, [-1], true), y));
    };
    const ofLogSoftmax = () => tf.sub(v, tf.mul(tf.sum(v, [-1], true), tf.exp(log)));
    const stock = (f: () => tf.Tensor) => () => tf.tidy(f).dispose();
    const name = shape.join('x');
    softmaxRatios.push(await race(`softmax ${name}`, size, checkedProduct('softmaxProduct', y, v), stock(ofSoftmax)));
    logSoftmaxRatios.push(
      await race(`logSoftmax ${name}`, size, checkedProduct('logSoftmaxVjp', y, v), stock(ofLogSoftmax)),
    );
    tf.dispose([log, y, v]);
  }
  const means = [softmaxRatios, logSoftmaxRatios].map((ratios) => geometricMean(ratios).toFixed(2));
  console.log(`geometric means: softmax ${means[0]}, logSoftmax ${means[1]}`);
}

async function axes(): Promise<void> {
  const ratios: number[] = [];
  for (const shape of [
    [8, 128, 64],
    [32, 81, 1083],
    [8, 1000, 64],
    [1, 21, 65536],
    [1, 1000, 1000],
    [1, 1024, 1024], // a stride of a power of two, which caches take badly
    [16, 512, 12],
    [64, 128, 4],
    [1, 1000, 4],
  ] as [number, number, number][]) {
    const [x, v] = [filled(shape, uniform(-10, 10)), filled(shape, uniform(-1, 1))];
    const [lastX, lastV] = [x, v].map((t) => tf.reshape(t, [shape[0] * shape[2], shape[1]])) as [tf.Tensor, tf.Tensor];
    for (const op of ['softmax', 'logSoftmax'] as const) {
      const title = `of ${shape} along 1, against the last`;
      const [mine, last] = [checkedForward(op, x, 1), checkedForward(op, lastX, 1)];
      ratios.push(await race(`${op} ${title}`, x.size, mine, last));
      const [myGradient, lastGradient] = [checkedGradient(op, x, v, 1), checkedGradient(op, lastX, lastV, 1)];
      ratios.push(await race(`gradient of ${op} ${title}`, x.size, myGradient, lastGradient));
    }
    tf.dispose([x, v, lastX, lastV]);
  }
  console.log(`geometric mean: ${geometricMean(ratios).toFixed(2)}, least: ${Math.min(...ratios).toFixed(2)}`);
}

async function logarithms(): Promise<void> {
  const ratios: number[] = [];
  for (const shape of [
    [64, 1000],
    [1024, 1000],
    [1, 50257],
    [128, 32000],
  ]) {
    const x = filled(shape, uniform(-10, 10));
    const probabilities = checkedForward('softmax', x, 1);
    const name = shape.join('x');
    ratios.push(1 / (await race(`logSoftmax ${name}`, x.size, checkedForward('logSoftmax', x, 1), probabilities)));
    ratios.push(1 / (await race(`logSumExp ${name}`, x.size, () => logSumExp(x, 1).dispose(), probabilities)));
    x.dispose();
  }
  console.log(`geometric mean of the times over softmax's: ${geometricMean(ratios).toFixed(2)}`);
}

async function inputs(): Promise<void> {
  const masked = (value: number) => () => (random.uniform() < 0.5 ? value : random.uniform(-10, 10));
  for (const [name, draw] of [
    ['(-50, 50)', uniform(-50, 50)],
    ['(-1000, 1000)', uniform(-1000, 1000)],
    ['half -1e9', masked(-1e9)],
    ['half -Infinity', masked(Number.NEGATIVE_INFINITY)],
  ] as const) {
    const [x, easy] = [filled([64, 1000], draw), filled([64, 1000], uniform(-10, 10))];
    await race(
      `64x1000 on ${name}, against (-10, 10)`,
      x.size,
      checkedForward('softmax', x, 1),
      checkedForward('softmax', easy, 1),
    );
    tf.dispose([x, easy]);
  }
}

tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
await tf.setBackend('wasm');
console.log(`${wasmBackend.describe(tf.backend() as BackendWasm)}; Node ${process.version}`);
console.log('\nProducts, against what stock composes');
await products();
console.log('\nLogarithms, against softmax');
await logarithms();
console.log('\nAnother axis');
await axes();
console.log('\nSoftmax of inputs that make subnormal numbers elsewhere');
await inputs();
