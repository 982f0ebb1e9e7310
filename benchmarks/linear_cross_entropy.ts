/**
 * The last layer of a language model and its loss: linearCrossEntropy beside tfjs's matMul and softmaxCrossEntropy, value and
 * gradients, each in turn. It prints times, and the peak of tf.memory() in terms of the logits.
 *
 *     npx tsx benchmarks/linear_cross_entropy.ts wasm 1024 64 50257 value
 */
import '@tensorflow/tfjs-backend-cpu';
import {setThreadsCount} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads tfjs's gradients
import {linearCrossEntropy, softmaxCrossEntropy} from '../index';
import {recordKernels} from '../spec/hosts/kernels';

const [backend = 'wasm', rows = 1024, features = 64, classes = 50257, what = 'value', rounds = 3] = process.argv
  .slice(2)
  .map((argument) => (Number.isNaN(Number(argument)) ? argument : Number(argument))) as [
  string,
  number,
  number,
  number,
  string,
  number,
];

async function main() {
  setThreadsCount(1);
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start`);
  const hidden = tf.randomNormal([rows, features], 0, 1, 'float32', 1);
  const weights = tf.randomNormal([features, classes], 0, 0.1, 'float32', 2);
  const labels = tf.randomUniform([rows], 0, classes, 'int32', 3);
  const losses = {
    chunks: (h: tf.Tensor, w: tf.Tensor) => linearCrossEntropy(h, w, labels),
    'matMul and softmaxCrossEntropy': (h: tf.Tensor, w: tf.Tensor) => softmaxCrossEntropy(labels, tf.matMul(h, w)),
  };
  const runs = Object.entries(losses).map(([name, loss]) => ({
    name,
    run: () => (what === 'value' ? [loss(hidden, weights)] : tf.grads(loss)([hidden, weights])),
    times: [] as number[],
    peak: 0,
  }));
  for (let round = 0; round < rounds; round++) {
    for (const each of runs) {
      const before = tf.memory().numBytes;
      let most = 0;
      const start = performance.now();
      const {result} = recordKernels(each.run, () => {
        most = Math.max(most, tf.memory().numBytes);
        return false;
      });
      for (const t of result) await t.data();
      each.times.push(performance.now() - start);
      each.peak = Math.max(each.peak, most - before - result.reduce((bytes, {size}) => bytes + 4 * size, 0));
      tf.dispose(result);
    }
  }
  const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]!;
  for (const {name, times, peak} of runs) {
    const share = peak / (4 * rows * classes);
    console.log(`${backend}, ${what}: ${name}: ${median(times).toFixed(0)} ms, peak ${share.toFixed(3)} of the logits`);
  }
  console.log(`ratio ${(median(runs[0]!.times) / median(runs[1]!.times)).toFixed(2)}`);
}

main();
