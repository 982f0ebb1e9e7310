/**
 * Trains a next-word model on Moby-Dick twice at once, with stock tfjs and after install(), batch by batch in turn, and shows what
 * each took. Softmax and loss over a vocabulary of 8,000 words are most of the work.
 *
 *     npm start                                      builds the package first
 *     npm start -- --samples 2000 --vocabulary 5000
 */
import '@tensorflow/tfjs-backend-wasm';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs';
import {Presets, SingleBar} from 'cli-progress';
import {backendReport, install, uninstall} from 'tfjs-softmax';
import {batches, heldOut} from './batches';
import {bars, confident, type Figures, figures, type RunName} from './draw';
import {NextWordModel, type Step} from './model';
import {continuation} from './sample';
import {readText} from './text';

const {values} = parseArgs({
  options: {
    samples: {type: 'string', default: '19200'},
    epochs: {type: 'string', default: '1'},
    batch: {type: 'string', default: '64'},
    vocabulary: {type: 'string', default: '8000'},
  },
});
const samples = whole('samples', 1);
const epochs = whole('epochs', 1);
const batchSize = whole('batch', 1);
const vocabulary = whole('vocabulary', 100);
const BEGINNINGS = ['the white whale', 'call me', 'captain ahab said'];

tf.env().set('PROD', true); // else tfjs advertises tfjs-node
await tf.setBackend('wasm');
const text = readText(vocabulary);
const {backends} = await backendReport({start: false});
const runs = backends.find(({name}) => name === 'wasm')?.runs;
console.log(`Moby-Dick: ${group(text.tokens.length)} words, the ${group(vocabulary)} most frequent of which have a logit each.
A batch is ${batchSize} words: ${group(batchSize * vocabulary)} logits. Stock tfjs and install() take turns with each, from the same start.
Backend wasm; install() runs ${runs}.\n`);

const models: Record<RunName, NextWordModel> = {stock: new NextWordModel(text), installed: new NextWordModel(text)};
const steps: Record<RunName, Step[]> = {stock: [], installed: []};
const count = epochs * Math.ceil(samples / batchSize);
const bar = new SingleBar(
  {format: '{bar} {percentage} % | step {value} of {total}, {eta} s left', hideCursor: true},
  Presets.shades_classic,
);
bar.start(count, 0);
for (const batch of batches(text, {samples, epochs, batchSize})) {
  const order: RunName[] = steps.stock.length % 2 === 0 ? ['stock', 'installed'] : ['installed', 'stock'];
  for (const name of order) steps[name].push(as(name, () => models[name].train(batch)));
  bar.increment();
}
bar.stop();

const results = {stock: figuresOf('stock'), installed: figuresOf('installed')};
console.log(`\nA training step, median of ${count}:\n\n${bars(results)}\n\n${figures(results, batchSize)}`);
const apart = steps.stock.map(({loss}, i) => Math.abs(loss / steps.installed[i]!.loss - 1));
console.log(
  `The losses of the two differ by ${(100 * Math.max(...apart)).toPrecision(2)} % at most in any step: the same model, sooner.`,
);

console.log(
  `\nWhat a confident model reports: log-probability of a word whose logit leads ${group(vocabulary - 1)} others at 0\n`,
);
console.log(confident([20, 25, 30].map(confidence)));

console.log(`\nContinuations after ${group(samples * epochs)} words of training, drawn with categorical():\n`);
install();
for (const [i, beginning] of BEGINNINGS.entries()) {
  console.log(`  ${continuation(models.installed, text, beginning, {words: 16, seed: i + 1})}`);
}
uninstall();

/** With stock tfjs, or after install(). */
function as<T>(name: RunName, action: () => T): T {
  if (name === 'stock') return action();
  install();
  try {
    return action();
  } finally {
    uninstall();
  }
}

function figuresOf(name: RunName): Figures {
  return {
    total: median(steps[name].map(({total}) => total)),
    ofLoss: median(steps[name].map(({ofLoss}) => ofLoss)),
    loss: as(name, () => models[name].loss(heldOut(text))),
  };
}

function confidence(logit: number) {
  const logits = tf.tensor1d([logit, ...new Array<number>(vocabulary - 1).fill(0)]);
  const first = () => tf.tidy(() => tf.logSoftmax(logits).dataSync()[0]!);
  const [stock, installed] = [as('stock', first), as('installed', first)];
  logits.dispose();
  return {logit, stock, installed, right: -Math.log1p((vocabulary - 1) * Math.exp(-logit))};
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function group(value: number): string {
  return value.toLocaleString('en');
}

function whole(name: keyof typeof values, least: number): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`--${name} takes a whole number from ${least}, but got ${values[name]}.`);
  }
  return value;
}
