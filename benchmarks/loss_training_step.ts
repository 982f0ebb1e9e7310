/**
 * A training step of the loss, forward and backward, against stock tfjs on the same backend: `tf.valueAndGrad` of
 * `tf.losses.softmaxCrossEntropy` on one-hot labels, and for class indices the same with its tf.oneHot. Of the built
 * package, interleaved, results checked against float64 before their time counts; with the kernels that a step runs.
 *
 *     npm run build && npx tsx benchmarks/loss_training_step.ts
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // brings tfjs's own gradients
import Table from 'cli-table3';
import {backendReport, softmaxCrossEntropy} from 'tfjs-softmax';
import * as reference from '../kernels/reference';
import {Random} from '../spec/cases/random';
import {recordKernels} from '../spec/hosts/kernels';
import {timeFunctions} from './suite/functions';
import {geometricMean} from './suite/statistics';

const SHAPES: [number, number][] = [
  [64, 1000],
  [256, 10],
  [32, 50257],
];
/** Seconds for each shape on each backend. */
const SECONDS = 6;

type Loss = (logits: tf.Tensor) => tf.Tensor;

interface Candidate {
  name: string;
  step: () => void;
  kernels: string[];
}

function candidatesOf([rows, classes]: [number, number]): {candidates: Candidate[]; dispose: () => void} {
  const random = new Random(rows);
  const values = Float32Array.from({length: rows * classes}, () => random.normal(3));
  const indices = Int32Array.from({length: rows}, () => random.integer(0, classes - 1));
  const logits = tf.tensor2d(values, [rows, classes]);
  const labels = tf.tensor1d(indices, 'int32');
  const oneHot = tf.cast(tf.oneHot(labels, classes), 'float32');
  const exact = exactStep(values, indices, classes);
  const losses: [string, Loss][] = [
    ['dense', (x) => softmaxCrossEntropy(oneHot, x)],
    ['sparse', (x) => softmaxCrossEntropy(labels, x)],
    ['stock dense', (x) => tf.losses.softmaxCrossEntropy(oneHot, x)],
    ['stock sparse', (x) => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), x)],
  ];
  const candidates = losses.map(([name, loss]) => {
    const valueAndGradient = tf.valueAndGrad(loss);
    check(name, valueAndGradient(logits), exact);
    const step = () => {
      const {value, grad} = valueAndGradient(logits);
      value.dispose();
      grad.dispose();
    };
    return {name, step, kernels: kernelsOf(step)};
  });
  return {candidates, dispose: () => tf.dispose([logits, labels, oneHot])};
}

/** The mean loss and its gradient, in float64. */
function exactStep(values: Float32Array, indices: Int32Array, classes: number) {
  const gradient = new Float64Array(values.length);
  let loss = 0;
  indices.forEach((label, row) => {
    const x = values.subarray(row * classes, (row + 1) * classes);
    const q = Float64Array.from(x, (_, j) => Number(j === label));
    loss += reference.crossEntropy(x, q) / indices.length;
    gradient.set(
      reference.crossEntropyGradient(x, q).map((g) => g / indices.length),
      row * classes,
    );
  });
  return {loss, gradient};
}

function check(name: string, {value, grad}: {value: tf.Tensor; grad: tf.Tensor}, exact: ReturnType<typeof exactStep>) {
  const near = (actual: number, right: number, unit: number) => Math.abs(actual - right) <= 1e-4 * unit;
  const [loss, gradient] = [value.dataSync()[0]!, grad.dataSync()];
  const largest = exact.gradient.reduce((max, g) => Math.max(max, Math.abs(g)), 0);
  const wrong = gradient.findIndex((g, i) => !near(g, exact.gradient[i]!, largest));
  if (!near(loss, exact.loss, exact.loss) || wrong >= 0) {
    throw new Error(`${name}: loss ${loss} instead of ${exact.loss}, or gradient wrong at ${wrong}`);
  }
  tf.dispose([value, grad]);
}

/** The kernels that one call asks tfjs for. tf.profile would also count the custom gradients of stock tfjs. */
function kernelsOf(step: () => void): string[] {
  return recordKernels(step, () => true).kernels;
}

const wanted = process.argv.slice(2);
const seconds = Number(process.env.SECONDS ?? SECONDS);
tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
for (const backend of ['wasm', 'cpu'].filter((name) => wanted.length === 0 || wanted.includes(name))) {
  await tf.setBackend(backend);
  const {backends} = await backendReport({start: false});
  console.log(`\n${backend}: ${backends.find(({name}) => name === backend)?.runs}; Node ${process.version}`);
  const table = new Table({
    head: ['shape', 'labels', 'µs', 'stock µs', 'ratio', 'kernels', 'stock'],
    style: {head: [], border: [], compact: true},
  });
  const ratios: Record<string, number[]> = {dense: [], sparse: []};
  const steps = new Set<string>();
  for (const shape of SHAPES) {
    const {candidates, dispose} = candidatesOf(shape);
    const times = await timeFunctions(
      candidates.map(({step}) => step),
      seconds,
    );
    for (const [i, labels] of ['dense', 'sparse'].entries()) {
      const [mine, theirs] = [times[i]!.median, times[i + 2]!.median];
      ratios[labels]!.push(theirs / mine);
      const counts = [candidates[i]!, candidates[i + 2]!].map(({kernels}) => kernels.length);
      const figures = [mine * 1e3, theirs * 1e3].map((us) => us.toFixed(1));
      table.push([shape.join(' x '), labels, ...figures, (theirs / mine).toFixed(2), ...counts]);
      steps.add(`${labels}: ${candidates[i]!.kernels.join(', ')}`);
    }
    dispose();
  }
  console.log(table.toString());
  for (const [labels, all] of Object.entries(ratios)) {
    console.log(`${labels}: geometric mean ${geometricMean(all).toFixed(2)}, least ${Math.min(...all).toFixed(2)}`);
  }
  console.log(`kernels of a step\n  ${[...steps].join('\n  ')}`);
}
