import {setTimeout as passed} from 'node:timers/promises';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {stagedBytes} from '../../backends/engines/wasm/staging';
import {logSoftmax, logSumExp, softmax, softmaxCrossEntropy, softmaxVjp} from '../../index';

/** 48,000 calls, half of them on each backend (`npm run soak` goes on for as long as it is told to): what they leave in memory must not depend on how many there were. */

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const STRETCHES = 6;
const ROUNDS = 1000;
const CALLS_IN_A_ROUND = 4;
/** The process's own memory goes up and down by as much; a tensor that each call leaves would be 10 MiB. */
const NOISE = 2 * 2 ** 20;

const SHAPES = [[10], [4, 10], [1, 200], [7, 33], [3, 5, 7], [64, 3]];

/** One of each kind of op on one shape, the last a gradient. */
function round(i: number, inputs: tf.Tensor[]): void {
  const x = inputs[i % inputs.length]!;
  const axis = i % x.rank;
  tf.tidy(() => {
    softmax(x, axis, {scale: 1 + (i % 3)});
    logSoftmax(x, axis, {mask: tf.greater(x, -4)});
    logSumExp(x, axis);
    if (i % 2) softmaxVjp(x, x, axis);
    else tf.grad((t) => softmaxCrossEntropy(x, t, {axis}))(x);
  });
}

/** What the process holds when it has tidied up. */
async function heldBytes(): Promise<number> {
  collectGarbage();
  await passed(1); // buffers are freed later than the objects that had them
  collectGarbage();
  const {heapUsed, external} = process.memoryUsage();
  return heapUsed + external;
}

test.each(['cpu', 'wasm'])('%s: 24,000 calls leave memory as it was', async (backend) => {
  await tf.setBackend(backend);
  // tfjs's test mode keeps a number for each call of a customGrad.
  tf.env().set('IS_TEST', false);
  const inputs = SHAPES.map((shape, i) => tf.randomUniform(shape, -5, 5, 'float32', i));
  const heaps = () => {
    const {numTensors, numDataBuffers, numBytes} = tf.memory();
    const {wasm} = tf.backend() as {wasm?: {HEAPU8: Uint8Array}};
    return {numTensors, numDataBuffers, numBytes, wasm: wasm?.HEAPU8.length, staged: stagedBytes()};
  };
  for (let i = 0; i < ROUNDS; i++) round(i, inputs);
  const before = heaps();
  const held: number[] = [];
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    for (let i = 0; i < ROUNDS; i++) round(i, inputs);
    held.push(await heldBytes());
  }
  expect(heaps()).toEqual(before);
  const kept = Math.min(...held.slice(-3)) - Math.min(...held.slice(0, 3));
  const calls = CALLS_IN_A_ROUND * ROUNDS * STRETCHES;
  process.stdout.write(`${backend}: ${calls} calls keep ${(kept / 2 ** 20).toFixed(2)} MiB\n`);
  expect(calls).toBe(24_000);
  expect(kept).toBeLessThan(NOISE);
  tf.dispose(inputs);
});
