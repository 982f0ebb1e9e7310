/**
 * The last layer of a language model and its loss: linearCrossEntropy beside tfjs's matMul and softmaxCrossEntropy, value and
 * gradients, in turn. It prints times, the peak of tf.memory() in terms of the logits, and errors against float64.
 *
 *     npx tsx benchmarks/linear_cross_entropy.ts wasm 1024 64 50257
 *     npx tsx benchmarks/linear_cross_entropy.ts cpu 256 32 4000 20    so many rounds instead of three
 */
import '@tensorflow/tfjs-backend-cpu';
import {setThreadsCount} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads tfjs's gradients
import {linearCrossEntropy, softmaxCrossEntropy} from '../index';
import {exactLinear, linearCase, relativeError} from '../spec/cases/linear';
import {recordKernels} from '../spec/hosts/kernels';
import {quantile} from './suite/statistics';

const [backend = 'wasm', ...numbers] = process.argv.slice(2);
const [rows = 1024, features = 64, classes = 50257, rounds = 3] = numbers.map(Number);

/** A loss of one kind, and what has been measured of it. */
interface Run {
  name: string;
  make(): tf.Tensor[];
  times: number[];
  peak: number;
  results: Float32Array[];
}

async function main() {
  setThreadsCount(1);
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start`);
  const given = linearCase([rows, features, classes], {bias: false});
  const hidden = tf.tensor2d(given.hidden as Float32Array, [rows, features]);
  const weights = tf.tensor2d(given.weights, [features, classes]);
  const labels = tf.tensor1d(given.labels, 'int32');
  const chunks = (h: tf.Tensor, w: tf.Tensor) => linearCrossEntropy(h, w, labels);
  const whole = (h: tf.Tensor, w: tf.Tensor) => softmaxCrossEntropy(labels, tf.matMul(h, w));
  const run = (name: string, make: Run['make']): Run => ({name, make, times: [], peak: 0, results: []});
  const pairs = {
    value: [chunks, whole].map((f) => run(f.name, () => [f(hidden, weights)])),
    gradients: [chunks, whole].map((f) => run(f.name, () => tf.grads(f)([hidden, weights]))),
  };

  for (let round = 0; round < rounds; round++) {
    for (const pair of Object.values(pairs))
      for (const each of round % 2 ? [...pair].reverse() : pair) await measure(each);
  }
  console.log(`${backend}, [${rows}, ${features}]·[${features}, ${classes}], medians of ${rounds}`);
  const exact = exactLinear(given);
  const mean = (sums: Float64Array) => sums.map((sum) => sum / rows);
  const expected = {value: [[exact.total / rows]], gradients: [mean(exact.hidden), mean(exact.weights)]};
  for (const [what, pair] of Object.entries(pairs)) {
    for (const {name, times, peak, results} of pair) {
      const errors = results.map((result, i) => relativeError(result, expected[what as keyof typeof expected][i]!));
      const share = (peak / (4 * rows * classes)).toFixed(3);
      const off = errors.map((error) => error.toExponential(1)).join(' and ');
      console.log(
        `${what}, ${name}: ${quantile(times, 0.5).toFixed(0)} ms, peak ${share} of the logits, off by ${off}`,
      );
    }
    const [ours, theirs] = pair.map(({times}) => quantile(times, 0.5));
    console.log(`${what}: ratio ${(ours! / theirs!).toFixed(2)}`);
  }
}

/** Once, with what is held meanwhile beside the results. */
async function measure(each: Run): Promise<void> {
  const before = tf.memory().numBytes;
  let most = 0;
  const start = performance.now();
  const {result} = recordKernels(each.make, () => {
    most = Math.max(most, tf.memory().numBytes);
    return false;
  });
  each.results = (await Promise.all(result.map((t) => t.data()))) as Float32Array[];
  each.times.push(performance.now() - start);
  each.peak = Math.max(each.peak, most - before - result.reduce((bytes, {size}) => bytes + 4 * size, 0));
  tf.dispose(result);
}

void main();
