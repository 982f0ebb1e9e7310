/**
 * How good selectBackend's choices are for a program's own function: for three networks, what it chooses each time, and how
 * long each backend takes by a stopwatch of another make. Prints JSON.
 *
 *     npx tsx benchmarks/model_choices.ts --host node --backends cpu,wasm --trials 34
 *     npx tsx benchmarks/model_choices.ts --host node --backends cpu,tensorflow --load ./.cache/tfjs-node/node_modules/@tensorflow/tfjs-node
 *     npx tsx benchmarks/model_choices.ts --host chromium --backends cpu,wasm,webgl
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {createRequire} from 'node:module';
import {cpus} from 'node:os';
import {resolve} from 'node:path';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {open} from '../spec/hosts/browser';
import {type Choices, choicesFor, NETS, type Net, startAll} from './model_nets';
import type {Functions} from './pages/model_choices';

const {values: options} = parseArgs({
  options: {
    host: {type: 'string', default: 'node'},
    backends: {type: 'string', default: 'cpu,wasm'},
    /** A package to be loaded first, such as tfjs-node: its folder or name. */
    load: {type: 'string', multiple: true, default: []},
    /** Of each network. */
    trials: {type: 'string', default: '34'},
  },
});

tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
const backends = options.backends.split(',');
const trials = Number(options.trials);
const choices = await (options.host === 'node' ? inNode() : inChromium());
const runtime = options.host === 'node' ? `Node ${process.versions.node}` : 'Chromium, WebGL on SwiftShader';
const machine = `${cpus().length} cores of ${cpus()[0]?.model}`;
console.log(
  JSON.stringify({runtime, machine, date: new Date().toISOString().slice(0, 10), backends, choices}, null, 1),
);

async function inNode(): Promise<Choices[]> {
  const require = createRequire(resolve('package.json'));
  for (const name of options.load) require(name.startsWith('.') ? resolve(name) : name);
  if (backends.includes('webgpu')) await (await import('../spec/hosts/webgpu')).startWebGPU();
  await startAll(backends);
  const all: Choices[] = [];
  for (const net of Object.keys(NETS) as Net[]) all.push(await choicesFor(net, backends, trials));
  return all;
}

async function inChromium(): Promise<Choices[]> {
  const page = await open<Functions>({entry: 'benchmarks/pages/model_choices.ts', crossOriginIsolated: true});
  try {
    const all: Choices[] = [];
    for (const net of Object.keys(NETS) as Net[]) all.push(await page.run('choices', {net, backends, trials}));
    return all;
  } finally {
    await page.close();
  }
}
