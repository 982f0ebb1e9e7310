import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threads from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import {selectBackend} from 'tfjs-softmax';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threads,
});

/** As a page does at its load: a small convolutional net, and the backend for it. */
async function main() {
  const started = performance.now();
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({inputShape: [64, 64, 3], filters: 16, kernelSize: 3, activation: 'relu'}),
      tf.layers.conv2d({filters: 32, kernelSize: 3, strides: 2, activation: 'relu'}),
      tf.layers.conv2d({filters: 32, kernelSize: 3, strides: 2, activation: 'relu'}),
      tf.layers.flatten(),
      tf.layers.dense({units: 10, activation: 'softmax'}),
    ],
  });
  const x = tf.randomNormal([1, 64, 64, 3]);
  const selection = await selectBackend(() => model.predict(x), {budgetMs: 1000});
  const took = performance.now() - started;
  const active = tf.getBackend();
  // By a stopwatch of its own: the least of three calls, the first apart.
  const times = {};
  for (const name of ['cpu', 'wasm', 'webgl']) {
    await tf.setBackend(name);
    for (let i = 0; i < 4; i++) {
      const start = performance.now();
      const y = model.predict(x);
      await y.data();
      y.dispose();
      if (i > 0) times[name] = Math.min(times[name] ?? Infinity, performance.now() - start);
    }
  }
  const {best, candidates, notes} = JSON.parse(JSON.stringify(selection));
  return {best, active, candidates, notes, took, times, text: String(selection)};
}
globalThis.result = main();
