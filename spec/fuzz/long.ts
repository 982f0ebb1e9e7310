/**
 * Fuzzing for hours, whose summary is kept:
 *
 *     npm run fuzz:long -- --backend wasm --calls 1000000
 *     npm run fuzz:long -- --backend wasm --calls 1000000 --resume    goes on where the log that is there ends
 *     npm run fuzz:long -- --backend wasm --calls 20000 --heap    with tensors beyond 2 GiB
 *
 * The log goes to spec/fuzz/logs/. It ends with what came of it, also if it is stopped with Ctrl-C.
 */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
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
    resume: {type: 'boolean', default: false},
  },
});

const FOLDER = 'spec/fuzz/logs';
const LOG = `${FOLDER}/${options.backend}${options.heap ? '-beyond-2-gib' : ''}.log`;
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

/** What the log says. */
interface Progress {
  calls: number;
  programs: number;
  firstSeed: number;
  nextSeed: number;
  wrong: string[];
  left: string[];
  /** What somebody has added. */
  notes: string[];
  begun: string;
  minutes: number;
}

function readLog(): Progress {
  const [head = '', ...found] = readFileSync(LOG, 'utf8').split('\n\n');
  const [, calls, programs] = head.match(/: (\d+) calls in (\d+) programs/)!;
  const [, first, last] = head.match(/^seeds: (\d+) to (\d+)/m)!;
  const [, begun, minutes] = head.match(/^begun: (\S+), (\S+) minutes/m)!;
  const wrong = Number(head.match(/^wrong answers: (\d+)/m)![1]);
  const faults = wrong + Number(head.match(/^leaks: (\d+)/m)![1]);
  return {
    ...{calls: Number(calls), programs: Number(programs), firstSeed: Number(first), nextSeed: Number(last) + 1},
    ...{wrong: found.slice(0, wrong), left: found.slice(wrong, faults), notes: found.slice(faults)},
    ...{begun: begun!, minutes: Number(minutes)},
  };
}

function writeLog({calls, programs, firstSeed, nextSeed, wrong, left, notes, begun, minutes}: Progress): void {
  const text = [
    `fuzzing ${backend}${options.heap ? ', tensors beyond 2 GiB' : ''}: ${calls} calls in ${programs} programs`,
    `wanted: ${wanted} calls${calls < wanted ? '; stopped before' : ''}`,
    `seeds: ${firstSeed} to ${nextSeed - 1}, ${options.programs} programs each`,
    `wrong answers: ${wrong.length}`,
    `leaks: ${left.length}`,
    `machine: ${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, Node ${process.versions.node}, tfjs ${tf.version_core}`,
    `begun: ${begun}, ${minutes.toFixed(1)} minutes`,
    ...[...wrong, ...left, ...notes].map((found) => `\n${found.trimEnd()}`),
  ].join('\n');
  mkdirSync(FOLDER, {recursive: true});
  writeFileSync(LOG, `${text}\n`);
}

const backend = options.backend ?? '';
const wanted = Number(options.calls);
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped = true;
  });
}

async function main(): Promise<void> {
  const seed = Number(options.seed);
  const started = new Date();
  const atFirst: Progress = options.resume
    ? readLog()
    : {
        ...{calls: 0, programs: 0, firstSeed: seed, nextSeed: seed, wrong: [], left: [], notes: []},
        ...{begun: started.toISOString().slice(0, 16), minutes: 0},
      };
  const now = {...atFirst, wrong: [...atFirst.wrong], left: [...atFirst.left]};
  const {run, close} = await stageOf(backend);
  let told = 0;
  while (now.calls < wanted && !stopped) {
    // Where this is stopped, so is a browser.
    const batch = await run(now.nextSeed, Number(options.programs)).catch((error) => {
      if (stopped) return null;
      throw error;
    });
    if (!batch) break;
    const {programs, calls, wrong, left} = batch;
    now.nextSeed++;
    now.programs += programs;
    now.calls += calls;
    now.wrong.push(...wrong);
    now.left.push(...left);
    for (const found of [...wrong, ...left]) console.error(found);
    now.minutes = atFirst.minutes + (Date.now() - started.getTime()) / 60_000;
    if (Date.now() - told > 10_000) {
      told = Date.now();
      writeLog(now);
    }
  }
  writeLog(now);
  await close?.();
  process.exit(now.wrong.length + now.left.length > 0 ? 1 : 0);
}

void main();
