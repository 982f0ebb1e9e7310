import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {onBackend} from '../backends/dispatcher/borrow';
import {timeFunctions} from '../benchmarks/suite/functions';
import {forgetWisdom, logSoftmax, rankBackends, selectBackend, softmax, type WorkloadItem} from '../index';

/** What is chosen is compared with what a stopwatch of another make finds afterwards. */

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

/** How much longer each backend takes than the best one; the 20th percentile, which other load changes least. */
async function slowness({op, shape}: Task): Promise<Map<string, number>> {
  const inputs = BACKENDS.map((name) => onBackend(name, () => tf.randomNormal(shape, 0, 3, 'float32', 1)));
  const calls = BACKENDS.map((name, i) => () => {
    onBackend(name, () => {
      for (let k = 0; k < 8; k++) OPS[op](inputs[i]!).dispose();
    });
  });
  const times = (await timeFunctions(calls, 0.04)).map(({p20}) => p20);
  tf.dispose(inputs);
  return new Map(BACKENDS.map((name, i) => [name, times[i]! / Math.min(...times)]));
}

beforeAll(async () => {
  tf.env().set('IS_TEST', false); // its checks take time, in every kernel
  await tf.setBackend('wasm');
  await tf.setBackend('cpu');
  for (const task of TASKS) await slowness(task); // so that all code is compiled
});
beforeEach(() => forgetWisdom());

test('over twelve shapes, what is chosen by measuring is hardly ever 1.25 times slower than the best', async () => {
  const slow: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const task of TASKS) {
      const {best} = await rankBackends(task, {mode: 'measure', budgetMs: 150, remember: false});
      const times = (await slowness(task)).get(best!)!;
      if (times > 1.25) slow.push(`${task.op} [${task.shape}] on ${best}: ${times.toFixed(2)}`);
    }
  }
  const count = ROUNDS * TASKS.length;
  if (slow.length > 0.05 * count) throw new Error(`${slow.length} of ${count} choices were slow:\n${slow.join('\n')}`);
});

test('what is chosen by estimate is never twice slower than the best', async () => {
  for (const task of TASKS) {
    const {best} = await rankBackends(task);
    // The least of some, since anything else that runs here can only make it slower.
    let times = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) times = Math.min(times, (await slowness(task)).get(best!)!);
    expect([task, best, times < 2]).toEqual([task, best, true]);
  }
});

test('wasm is selected for a classifier, attention and a vocabulary', async () => {
  for (const mode of ['estimate', 'measure'] as const) {
    for (const shape of [
      [64, 1000],
      [12, 128, 128],
      [1, 50257],
    ]) {
      await tf.setBackend('cpu');
      expect((await selectBackend({op: 'softmax', shape}, {mode, remember: false})).backend).toBe('wasm');
    }
  }
  await tf.setBackend('cpu');
});
