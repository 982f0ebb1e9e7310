/**
 * Fuzzing for hours, whose summary is kept:
 *
 *     npm run fuzz:long -- --backend wasm --calls 1000000
 *     npm run fuzz:long -- --backend wasm --calls 20000 --heap    with tensors beyond 2 GiB
 *
 * The log goes to spec/fuzz/logs/. It ends with what came of it, also if it is stopped with Ctrl-C.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // tf.logSumExp is differentiated with the gradients that this loads
import {implementationOn} from '../../backends/registration';
import '../../node';
import {open} from '../hosts/browser';
import {TFJS_NODE} from '../hosts/tfjs_node';
import {swiftShaderDriver} from '../hosts/unpacked';
import {startWebGPU, uncapturedErrors} from '../hosts/webgpu';
import type {Functions} from '../pages/fuzz';
import {type Batch, runBatch} from './batch';
import type {Stage} from './run_program';

const {values: options} = parseArgs({
  options: {
    backend: {type: 'string'},
    calls: {type: 'string', default: '1000000'},
    seed: {type: 'string', default: '1'},
    programs: {type: 'string', default: '100'},
    heap: {type: 'boolean', default: false},
  },
});

const FOLDER = 'spec/fuzz/logs';
const GIGABYTE = 2 ** 30;

async function stageOf(
  backend: string,
): Promise<{run: (seed: number, programs: number) => Promise<Batch>; close?: () => unknown}> {
  tf.env().set('IS_TEST', true);
  if (backend === 'webgl') {
    const page = await open<Functions>({entry: 'spec/pages/fuzz.ts', cutAsForHardware: true});
    await page.run('start', 'webgl');
    return {run: (seed, programs) => page.run('programs', {seed, programs}), close: () => page.close()};
  }
  await import('@tensorflow/tfjs-backend-cpu');
  const others = backend === 'cpu' ? [] : ['cpu'];
  const stage = (more: Partial<Stage> = {}): Stage => ({
    backend,
    others,
    bounds: implementationOn(backend).bounds,
    ...more,
  });
  if (backend === 'webgpu') {
    process.env.VK_ICD_FILENAMES ??= swiftShaderDriver();
    await startWebGPU();
    // What is there cannot be read at once, so that no other backend can take it.
    const alone = stage({others: [], complaint: () => uncapturedErrors()[0]});
    return {run: (seed, programs) => runBatch(seed, programs, alone)};
  }
  if (backend === 'tensorflow') createRequire(TFJS_NODE)(TFJS_NODE);
  else {
    await import('@tensorflow/tfjs-backend-wasm');
    if (backend === 'cpu') others.push('wasm');
  }
  if (!(await tf.setBackend(backend)))
    throw new Error(`tfjs has no backend ${backend} here: cpu, wasm, tensorflow, webgpu or webgl.`);
  if (options.heap) fillHeap();
  return {run: (seed, programs) => runBatch(seed, programs, stage())};
}

/** Has wasm's tensors lie beyond 2 GiB, where addresses are negative numbers to tfjs. */
function fillHeap(): void {
  const {wasm} = tf.backend() as unknown as {wasm: {_malloc(bytes: number): number}};
  for (let i = 0; i < 2; i++) wasm._malloc(GIGABYTE + 2 ** 20);
  const address = wasm._malloc(2 ** 24) >>> 0;
  if (address < 2 * GIGABYTE) throw new Error(`the heap is at ${address} only`);
  console.log(`tensors lie from ${(address / GIGABYTE).toFixed(3)} GiB on`);
}

const backend = options.backend ?? '';
const wanted = Number(options.calls);
const sum: Batch = {programs: 0, calls: 0, wrong: [], left: []};
const begun = new Date();
let seed = Number(options.seed);
let stopped = false;
process.on('SIGINT', () => {
  stopped = true;
});
process.on('SIGTERM', () => {
  stopped = true;
});

function writeLog(): void {
  const minutes = ((Date.now() - begun.getTime()) / 60_000).toFixed(1);
  const text = [
    `fuzzing ${backend}${options.heap ? ', tensors beyond 2 GiB' : ''}: ${sum.calls} calls in ${sum.programs} programs`,
    `wanted: ${wanted} calls${sum.calls < wanted ? '; stopped before' : ''}`,
    `seeds: ${options.seed} to ${seed - 1}, ${options.programs} programs each`,
    `wrong answers: ${sum.wrong.length}`,
    `leaks: ${sum.left.length}`,
    `machine: ${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, Node ${process.versions.node}, tfjs ${tf.version_core}`,
    `begun: ${begun.toISOString().slice(0, 16)}, ${minutes} minutes`,
    ...[...sum.wrong, ...sum.left].map((found) => `\n${found}`),
  ].join('\n');
  mkdirSync(FOLDER, {recursive: true});
  writeFileSync(`${FOLDER}/${backend}${options.heap ? '-beyond-2-gib' : ''}.log`, `${text}\n`);
}

async function main(): Promise<void> {
  const {run, close} = await stageOf(backend);
  let told = 0;
  while (sum.calls < wanted && !stopped) {
    const {programs, calls, wrong, left} = await run(seed++, Number(options.programs));
    sum.programs += programs;
    sum.calls += calls;
    sum.wrong.push(...wrong);
    sum.left.push(...left);
    for (const found of [...wrong, ...left]) console.error(found);
    if (Date.now() - told > 10_000) {
      told = Date.now();
      writeLog();
    }
  }
  writeLog();
  await close?.();
  process.exit(sum.wrong.length + sum.left.length > 0 ? 1 : 0);
}

void main();
