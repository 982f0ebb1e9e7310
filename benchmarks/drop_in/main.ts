/**
 * What a model pays for `install()`: softmax by itself and within model.fit, model.predict, a tf.grad loop and a graph model,
 * stock and installed. Each has processes of its own (on webgl pages, in Chromium), in turns, and one more runs both, in turns of 50
 * steps. Prints microseconds, stock / installed; figures.ts says of what.
 *
 *     npm run bench:drop-in -- [--backends wasm,cpu,tensorflow,webgl,webgpu] [--processes 5] [--only 'fit [128, 10]' ...] [--into FILE]
 *
 * `--into` puts the figures into a file of results, in the place of those of the same backend and program. So a run can be taken in parts.
 */
import {execFile} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {parseArgs, promisify} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import {build} from 'esbuild';
import {open} from '../../spec/hosts/browser';
import {machineOfNode} from '../node/machine';
import type {Functions} from '../pages/drop_in';
import {type DropInReport, type DropInResult, figuresOf, warm} from './figures';
import type {InTurn, Times} from './measure';
import {PROGRAMS} from './programs';

const {values} = parseArgs({
  options: {
    backends: {type: 'string', default: 'wasm,cpu'},
    processes: {type: 'string', default: '5'},
    only: {type: 'string', multiple: true},
    into: {type: 'string'},
  },
});
const processes = Number(values.processes);
if (!(Number.isInteger(processes) && processes > 0)) {
  throw new Error(`--processes is ${values.processes}. It must be a whole number from 1.`);
}
const programs = values.only ?? Object.keys(PROGRAMS);
for (const name of programs) {
  if (!PROGRAMS[name]) throw new Error(`--only is ${name}. It must be one of ${Object.keys(PROGRAMS).join('; ')}.`);
}

/** The program of the processes, bundled once: to start each by tsx would take three times as long as to measure. */
const CHILD = '.cache/drop_in/child.mjs';
await build({
  entryPoints: ['benchmarks/drop_in/child.ts'],
  outfile: CHILD,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
});

interface Answer<T> {
  gpu: string | null;
  times: T;
}

async function answerOf<T>(backend: string, mode: string, name: string): Promise<Answer<T>> {
  if (backend === 'webgl') {
    const page = await open<Functions>({entry: 'benchmarks/pages/drop_in.ts', crossOriginIsolated: true});
    try {
      return (await page.run('run', {mode, name})) as Answer<T>;
    } finally {
      await page.close();
    }
  }
  const {stdout} = await promisify(execFile)(process.execPath, [CHILD, backend, mode, name], {maxBuffer: 1 << 24});
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

const results: DropInResult[] = [];
for (const backend of values.backends.split(',')) {
  for (const program of programs) {
    const stock: Times[] = [];
    const installed: Times[] = [];
    const inTurn: InTurn[] = [];
    let gpu: string | null = null;
    for (let i = 0; i < processes; i++) {
      for (const mode of i % 2 ? ['installed', 'stock'] : ['stock', 'installed']) {
        const answer = await answerOf<Times>(backend, mode, program);
        (mode === 'stock' ? stock : installed).push(answer.times);
        gpu = answer.gpu;
      }
      inTurn.push((await answerOf<InTurn>(backend, 'inTurn', program)).times);
    }
    const {early} = PROGRAMS[program]!.steps;
    const warmInTurn = (way: keyof InTurn) =>
      warm(
        inTurn.map((times) => times[way].forward),
        early,
      );
    results.push({
      backend,
      program,
      machine: machineOfNode({'tfjs-core': tf.version_core}, [], gpu === null ? null : {name: gpu, software: false}),
      processes,
      stock: figuresOf(stock, early),
      installed: figuresOf(installed, early),
      inTurn: {stock: warmInTurn('stock'), installed: warmInTurn('installed')},
    });
  }
}

if (values.into !== undefined) {
  const known: DropInReport = existsSync(values.into) ? JSON.parse(readFileSync(values.into, 'utf8')) : {results: []};
  const isNew = ({backend, program}: DropInResult) =>
    results.some((one) => one.backend === backend && one.program === program);
  known.results = [...known.results.filter((one) => !isNew(one)), ...results];
  writeFileSync(values.into, `${JSON.stringify(known, null, 1)}\n`);
}
const columns = ['first', 'early', 'warm', 'backwardEarly', 'backwardWarm', 'step'] as const;
const table = new Table({head: ['backend', 'program', ...columns, 'warm, in turn'], style: {head: [], border: []}});
const shown = (x: number | null) => (x === null ? '' : x >= 100 ? x.toFixed(0) : x.toFixed(2));
for (const {backend, program, stock, installed, inTurn} of results) {
  const cells = columns.map((column) => `${shown(stock[column])} / ${shown(installed[column])}`);
  table.push([backend, program, ...cells, `${shown(inTurn.stock)} / ${shown(inTurn.installed)}`]);
}
console.log(table.toString());
