/**
 * A soak: calls for minutes on one backend, forward passes, masks, losses, gradients, with and without install(), and what the
 * process holds meanwhile. After the first minute nothing may grow: memory of the process, JavaScript's heap, tensors.
 *
 *     npm run soak -- --backend wasm --minutes 10
 *
 * The log goes to spec/models/logs/.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import {setTimeout as passed} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // tf.losses are differentiated with the gradients that this loads
import * as family from '../../node';
import {TFJS_NODE} from '../hosts/tfjs_node';
import {swiftShaderDriver} from '../hosts/unpacked';
import {startWebGPU, uncapturedErrors} from '../hosts/webgpu';

const {values: options} = parseArgs({
  options: {backend: {type: 'string', default: 'cpu'}, minutes: {type: 'string', default: '10'}},
});
const {backend} = options;
const FOLDER = 'spec/models/logs';
const MEBIBYTE = 2 ** 20;
/** Milliseconds between turns, so that several soaks share a machine. */
const PAUSE_MS = 30;
const SHAPES = [[10], [4, 10], [1, 200], [7, 33], [3, 5, 7], [64, 3], [64, 1000], [1, 300_000]];

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

async function start(): Promise<void> {
  if (backend === 'webgpu') {
    process.env.VK_ICD_FILENAMES ??= swiftShaderDriver();
    await startWebGPU({WEBGPU_CPU_FORWARD: false});
    return;
  }
  if (backend === 'tensorflow') createRequire(TFJS_NODE)(TFJS_NODE);
  else await import(`@tensorflow/tfjs-backend-${backend}`);
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend ${backend} here`);
}

/** One of each kind of op on one shape. @returns how many calls */
async function turn(i: number, inputs: tf.Tensor[]): Promise<number> {
  const x = inputs[i % inputs.length]!;
  const axis = i % x.rank;
  const result = tf.tidy(() => {
    family.softmax(x, axis, {scale: 1 + (i % 3)});
    family.logSoftmax(x, axis, {mask: tf.greater(x, -4)});
    family.logSumExp(x, axis);
    family.softmaxVjp(x, x, axis);
    tf.grad((t) => family.softmaxCrossEntropy(x, t, {axis}))(x);
    if (i % 5 === 0) {
      family.entropy(x, axis);
      family.gumbelSoftmax(x, axis, {seed: i});
      family.categorical(x, axis, {seed: i, topK: 3});
      family.install();
      try {
        for (const op of [tf.softmax, tf.logSoftmax]) tf.grad((t: tf.Tensor) => op(t))(x);
        tf.grad((t) => tf.losses.softmaxCrossEntropy(x, t))(x);
      } finally {
        family.uninstall();
      }
    }
    return family.softmax(x, axis);
  });
  await result.data();
  result.dispose();
  return i % 5 === 0 ? 12 : 6;
}

interface Sample {
  minute: number;
  calls: number;
  rss: number;
  heap: number;
  external: number;
  tensors: number;
  bytes: number;
}

async function sample(minute: number, calls: number): Promise<Sample> {
  collectGarbage();
  await passed(5); // buffers are freed later than the objects that had them
  collectGarbage();
  const {rss, heapUsed, external} = process.memoryUsage();
  const {numTensors, numBytes} = tf.memory();
  const inMebibytes = (bytes: number) => Number((bytes / MEBIBYTE).toFixed(1));
  return {
    ...{minute, calls, rss: inMebibytes(rss), heap: inMebibytes(heapUsed), external: inMebibytes(external)},
    ...{tensors: numTensors, bytes: numBytes},
  };
}

async function main(): Promise<void> {
  await start();
  tf.env().set('IS_TEST', false); // where it keeps a number for each call of a customGrad
  const minutes = Number(options.minutes);
  const inputs = SHAPES.map((shape, i) => tf.randomUniform(shape, -5, 5, 'float32', i));
  const begun = Date.now();
  const samples: Sample[] = [];
  let calls = 0;
  for (let i = 0; samples.length <= minutes; i++) {
    calls += await turn(i, inputs);
    if (i % 4 === 0) await passed(PAUSE_MS);
    const minute = (Date.now() - begun) / 60_000;
    if (minute >= samples.length + 1 || (samples.length === 0 && i === 200)) {
      samples.push(await sample(Math.round(minute), calls));
    }
  }
  const [, first, ...later] = samples;
  const last = later.at(-1)!;
  const grown = {
    rss: last.rss - first!.rss,
    heap: last.heap - first!.heap,
    external: last.external - first!.external,
    tensors: last.tensors - first!.tensors,
  };
  const errors = uncapturedErrors();
  const lines = [
    `soak on ${backend}: ${calls} calls in ${minutes} minutes`,
    `from minute ${first!.minute} to ${last.minute}: ${grown.tensors} tensors, ${grown.rss.toFixed(1)} MiB of the process, ` +
      `${grown.heap.toFixed(1)} MiB of the heap, ${grown.external.toFixed(1)} MiB of buffers more`,
    `machine: ${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, Node ${process.versions.node}, tfjs ${tf.version_core}`,
    `begun: ${new Date(begun).toISOString().slice(0, 16)}`,
    ...errors.map((error) => `the device complained: ${error}`),
    '',
    'minute, calls, MiB of the process, of the heap, of buffers, tensors, bytes of tensors',
    ...samples.map((s) => [s.minute, s.calls, s.rss, s.heap, s.external, s.tensors, s.bytes].join(', ')),
  ];
  mkdirSync(FOLDER, {recursive: true});
  writeFileSync(`${FOLDER}/soak-${backend}.log`, `${lines.join('\n')}\n`);
  console.log(lines.join('\n'));
  process.exit(grown.tensors === 0 && errors.length === 0 ? 0 : 1);
}

void main();
