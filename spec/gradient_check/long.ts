/**
 * Ten thousand gradient checks of right gradients, and a hundred of each planted error, at default settings:
 *
 *     npm run gradients:long -- --backend webgl --runs 10000 --planted 100
 *
 * The counts go to spec/gradient_check/logs/, also if it is stopped with Ctrl-C.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import {parseArgs} from 'node:util';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads tfjs's gradients
import {open} from '../hosts/browser';
import {swiftShaderDriver} from '../hosts/unpacked';
import {startWebGPU} from '../hosts/webgpu';
import type {Functions} from '../pages/gradients';
import {FAMILY, STOCK, WRONG_ON} from './ops';
import {PLANTED} from './planted';
import {runTrials, type Trial, type TrialResult} from './trial';

const {values: options} = parseArgs({
  options: {
    backend: {type: 'string', default: 'cpu'},
    runs: {type: 'string', default: '10000'},
    planted: {type: 'string', default: '100'},
  },
});
const {backend} = options;
const runs = Number(options.runs);
const begun = new Date();

const wrong = Object.keys(WRONG_ON[backend] ?? {});
const right = Object.keys(STOCK).filter((name) => !wrong.includes(name));

/** A page is asked for so many at a time: on a busy machine each question costs more than a check. */
const AT_ONCE = 20;

/** What is checked in turn, seed by seed. */
function* rightGradients(): Generator<Trial> {
  for (let seed = 0; ; seed++) {
    for (const name of Object.keys(FAMILY)) yield {kind: 'family', name, seed};
    for (const name of right) yield {kind: 'stock', name, seed};
  }
}

async function start(): Promise<{run(trials: Trial[]): Promise<TrialResult[]>; close?(): unknown}> {
  tf.env().set('IS_TEST', false); // on wasm tfjs takes a customGrad that saves for a leak, if it tests itself
  if (backend === 'webgl') {
    const page = await open<Functions>({entry: 'spec/pages/gradients.ts'});
    await page.run('start', undefined);
    return {run: (trials) => page.run('checkEach', trials), close: () => page.close()};
  }
  if (backend === 'webgpu') {
    process.env.VK_ICD_FILENAMES ??= swiftShaderDriver();
    await startWebGPU({WEBGPU_CPU_FORWARD: false});
  } else if (!(await tf.setBackend(backend))) {
    throw new Error(`tfjs has no backend ${backend} here: cpu, wasm, webgl or webgpu.`);
  }
  return {run: runTrials};
}

const done = {runs: 0, alarms: [] as string[], left: 0, missed: {} as Record<string, number>, planted: 0};
let stopped = false;
process.on('SIGINT', () => {
  stopped = true;
});

function writeLog(): void {
  const missed = Object.entries(done.missed).map(
    ([name, count]) => `  ${done.planted - count} of ${done.planted}: ${name}`,
  );
  const text = [
    `gradient checks on ${backend}, at default settings: ${done.runs} of right gradients`,
    `${Object.keys(FAMILY).length} functions of the family to order 2, ${right.length} of tfjs's to the order to which they are right`,
    ...(wrong.length > 0 ? [`without those of tfjs that are wrong or missing there: ${wrong.join(', ')}`] : []),
    `false alarms: ${done.alarms.length}`,
    `tensors left behind: ${done.left}`,
    'planted errors found:',
    ...missed,
    `machine: ${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, Node ${process.versions.node}, tfjs ${tf.version_core}`,
    `begun: ${begun.toISOString().slice(0, 16)}, ${((Date.now() - begun.getTime()) / 60_000).toFixed(1)} minutes`,
    ...done.alarms.map((alarm) => `\n${alarm}`),
  ].join('\n');
  mkdirSync('spec/gradient_check/logs', {recursive: true});
  writeFileSync(`spec/gradient_check/logs/${backend}.log`, `${text}\n`);
}

async function main(): Promise<void> {
  const {run, close} = await start();
  for (const name of Object.keys(PLANTED)) done.missed[name] = 0;
  try {
    for (; done.planted < Number(options.planted) && !stopped; done.planted++) {
      if (done.planted % 10 === 0) writeLog();
      const seed = done.planted;
      const trials = Object.keys(PLANTED).map((name): Trial => ({kind: 'planted', name, seed}));
      for (const [i, {ok, left}] of (await run(trials)).entries()) {
        if (ok) done.missed[trials[i]!.name]!++;
        done.left += left;
      }
    }
    const all = rightGradients();
    while (!stopped && done.runs < runs) {
      const trials = Array.from({length: Math.min(AT_ONCE, runs - done.runs)}, () => all.next().value as Trial);
      for (const [i, {ok, text, left}] of (await run(trials)).entries()) {
        if (!ok) done.alarms.push(`${trials[i]!.name}, seed ${trials[i]!.seed}:\n${text}`);
        done.left += left;
      }
      done.runs += trials.length;
      writeLog();
    }
  } finally {
    writeLog();
  }
  await close?.();
  process.exit(done.alarms.length + done.left > 0 ? 1 : 0);
}

void main();
