/**
 * How good the dispatcher's choices are on this machine: for twelve workloads, what it chooses by estimate and by measuring,
 * and how much longer that takes than the best backend, by a stopwatch of another make.
 *
 *     npx tsx benchmarks/dispatcher_choices.ts          some two minutes
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {logSoftmax, rankBackends, softmax, type WorkloadItem} from '../index';
import {withBackend} from '../tfjs/active_backend';
import {timeFunctions} from './suite/functions';

const OPS = {softmax, logSoftmax};
const BACKENDS = ['cpu', 'wasm'];
const ROUNDS = 9;

interface Task extends WorkloadItem {
  op: keyof typeof OPS;
  shape: [number, number];
}

const TASKS: Task[] = [
  {op: 'softmax', shape: [1, 4]},
  {op: 'softmax', shape: [1, 10]},
  {op: 'softmax', shape: [1, 1000]},
  {op: 'logSoftmax', shape: [1, 1001]},
  {op: 'softmax', shape: [64, 1000]},
  {op: 'logSoftmax', shape: [64, 1000]},
  {op: 'softmax', shape: [1024, 128]},
  {op: 'softmax', shape: [12 * 128, 128]},
  {op: 'softmax', shape: [1, 50257]},
  {op: 'logSoftmax', shape: [1, 32000]},
  {op: 'softmax', shape: [4096, 8]},
  {op: 'logSoftmax', shape: [4096, 21]},
];

tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
for (const name of [...BACKENDS].reverse()) await tf.setBackend(name);

const choices = [];
for (const task of TASKS) {
  const {best: estimated} = await rankBackends(task, {remember: false});
  const measured: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    measured.push((await rankBackends(task, {mode: 'measure', budgetMs: 500, remember: false})).best!);
  }
  const times = await slowness(task);
  choices.push({
    workload: `${task.op} ${task.shape.join('x')}`,
    ...Object.fromEntries([...times].map(([name, ratio]) => [name, ratio.toFixed(2)])),
    estimated,
    measured: BACKENDS.map((name) => `${name} ${measured.filter((one) => one === name).length}`).join(', '),
    slow: measured.filter((name) => times.get(name)! > 1.25).length,
  });
}
console.table(choices);

/** How much longer each backend takes than the best one: of three runs the least 20th percentile, which load changes least. */
async function slowness(task: Task): Promise<Map<string, number>> {
  const inputs = BACKENDS.map((name) => withBackend(name, () => tf.randomNormal(task.shape, 0, 3, 'float32', 1)));
  const calls = task.shape[0] * task.shape[1] < 1000 ? 8 : 1;
  const functions = BACKENDS.map((name, b) => () => {
    withBackend(name, () => {
      for (let i = 0; i < calls; i++) OPS[task.op](inputs[b]!).dispose();
    });
  });
  const times = BACKENDS.map(() => Number.POSITIVE_INFINITY);
  for (let run = 0; run < 3; run++) {
    const timed = await timeFunctions(functions, 0.2);
    for (const [i, {p20}] of timed.entries()) times[i] = Math.min(times[i]!, p20);
  }
  tf.dispose(inputs);
  return new Map(BACKENDS.map((name, i) => [name, times[i]! / Math.min(...times)]));
}
