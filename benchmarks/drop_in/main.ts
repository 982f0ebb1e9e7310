/**
 * What a model pays for `install()`: softmax within model.fit, model.predict, a tf.grad loop and a graph model, stock and
 * installed, each in processes of their own, in turns. Medians over the processes, in microseconds, stock / installed.
 *
 *     npm run bench:drop-in -- [--backends wasm,cpu,tensorflow] [--processes 5] [--only 'fit [128, 10]']
 */
import {execFile} from 'node:child_process';
import {parseArgs, promisify} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import {machineOfNode} from '../node/machine';
import {type Figures, median} from './measure';
import {PROGRAMS} from './programs';

const {values} = parseArgs({
  options: {
    backends: {type: 'string', default: 'wasm,cpu'},
    processes: {type: 'string', default: '5'},
    only: {type: 'string'},
    json: {type: 'boolean', default: false},
  },
});
const processes = Number(values.processes);
if (!(Number.isInteger(processes) && processes > 0)) {
  throw new Error(`--processes is ${values.processes}. It must be a whole number from 1.`);
}
const MODES = ['stock', 'installed'] as const;
const run = promisify(execFile);

async function figuresOf(backend: string, mode: string, program: string): Promise<Figures> {
  const child = new URL('child.ts', import.meta.url).pathname;
  const {stdout} = await run('npx', ['tsx', child, backend, mode, program], {maxBuffer: 1 << 24});
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Figures;
}

const results: {backend: string; program: string; stock: Figures; installed: Figures}[] = [];
for (const backend of values.backends.split(',')) {
  for (const program of Object.keys(PROGRAMS).filter((name) => !values.only || name === values.only)) {
    const all: Record<(typeof MODES)[number], Figures[]> = {stock: [], installed: []};
    for (let i = 0; i < processes; i++) {
      for (const mode of i % 2 ? [...MODES].reverse() : MODES) all[mode].push(await figuresOf(backend, mode, program));
    }
    results.push({backend, program, stock: medians(all.stock), installed: medians(all.installed)});
  }
}

function medians(figures: Figures[]): Figures {
  const names = Object.keys(figures[0]!) as (keyof Figures)[];
  return Object.fromEntries(
    names.map((name) => [name, figures[0]![name] === null ? null : median(figures.map((f) => f[name]!))]),
  ) as unknown as Figures;
}

if (values.json)
  console.log(JSON.stringify({machine: machineOfNode({tfjs: tf.version_core}, []), processes, results}, null, 2));
else {
  const columns = ['first', 'first50', 'early', 'warm', 'backwardEarly', 'backwardWarm', 'step'] as const;
  const table = new Table({head: ['backend', 'program', ...columns], style: {head: [], border: []}});
  const shown = (x: number | null) => (x === null ? '' : x >= 100 ? x.toFixed(0) : x.toFixed(1));
  for (const {backend, program, stock, installed} of results) {
    table.push([backend, program, ...columns.map((c) => `${shown(stock[c])} / ${shown(installed[c])}`)]);
  }
  console.log(table.toString());
}
