import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {rankBackends, selectBackend, softmax} from '../../../index';
import {stateOfTfjs} from '../../hosts/fakes';
import {NEVER_ON_THE_CPU, startWebGPU, uncapturedErrors} from '../../hosts/webgpu';

/** A function whose tensors are on webgpu, by Dawn, where values can be read later only. */

/** Milliseconds that no machine is too busy for: measuring ends long before. */
const ENOUGH = 60_000;

let x: tf.Tensor2D;
let weights: tf.Tensor2D;
let bias: tf.Variable;
const predict = () => softmax(tf.add(tf.matMul(x, weights), bias)) as tf.Tensor2D;

beforeAll(async () => {
  for (const name of ['wasm', 'cpu']) await tf.setBackend(name);
  await startWebGPU(NEVER_ON_THE_CPU);
  // Results of ops: their values are on the GPU alone.
  x = tf.tidy(
    () =>
      tf.mul(
        tf.tensor2d([
          [1, 2, 3],
          [-1, 0, 1],
        ]),
        1,
      ) as tf.Tensor2D,
  );
  weights = tf.tidy(
    () =>
      tf.mul(
        tf.tensor2d([
          [1, 0],
          [0.5, -1],
          [2, 1],
        ]),
        1,
      ) as tf.Tensor2D,
  );
  bias = tf.variable(tf.tensor1d([0.5, -0.5]));
});
afterEach(() => {
  expect(uncapturedErrors()).toEqual([]);
});

const held = () => Object.values(tf.engine().registry).map((backend) => backend.numDataIds());

test.each([
  ['with the active one', ['webgpu', 'wasm', 'cpu']],
  ['with others alone', ['cpu', 'wasm']],
])('%s as candidates, all are measured, agree, and all is as it was', async (_, candidates) => {
  const before = [stateOfTfjs(), held()];
  const ranking = await rankBackends(predict, {candidates, budgetMs: ENOUGH});
  expect(ranking.candidates.map(({out, parts}) => [out, parts[0]!.source])).toEqual(
    candidates.map(() => [null, 'measured']),
  );
  expect([stateOfTfjs(), held()]).toEqual(before);
  expect(tf.getBackend()).toBe('webgpu');
  for (const one of [x, weights, bias]) {
    expect(tf.engine().state.tensorInfo.get(one.dataId)!.backend).toBe(tf.engine().registry.webgpu);
  }
  expect(Array.from(await weights.data())).toEqual([1, 0, 0.5, -1, 2, 1]);
});

test('from the CPU to webgpu and back, by an asynchronous function too', async () => {
  await tf.setBackend('cpu');
  const y = tf.tensor2d([[1, 2, 3]]);
  const before = [stateOfTfjs(), held()];
  for (const run of [() => softmax(y), async () => (await tf.tidy(() => softmax(y)).data())[0]]) {
    const {candidates} = await rankBackends(run, {candidates: ['webgpu', 'cpu'], budgetMs: ENOUGH});
    expect(candidates.map(({out}) => out)).toEqual([null, null]);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  y.dispose();
  expect(before[0]).toMatchObject({active: 'cpu'});
});

test('what is chosen has the tensors after all', async () => {
  await tf.setBackend('webgpu');
  const {backend} = await selectBackend(predict, {candidates: ['cpu', 'wasm'], budgetMs: ENOUGH});
  expect(['cpu', 'wasm']).toContain(backend);
  expect(tf.getBackend()).toBe(backend);
  tf.tidy(() => expect(predict().dataSync()[0]).toBeCloseTo(0.9995, 3));
});

test('a variable that a call makes on webgpu is at home afterwards', async () => {
  await tf.setBackend('cpu');
  let made: tf.Variable | undefined;
  const run = () => {
    made ??= tf.variable(tf.mul([1, 2], 2));
    return tf.add(made, 1);
  };
  const {candidates} = await rankBackends(run, {candidates: ['webgpu'], budgetMs: ENOUGH});
  expect(candidates[0]!.out).toBeNull();
  expect(tf.engine().state.tensorInfo.get(made!.dataId)!.backend).toBe(tf.engine().registry.cpu);
  expect(Array.from(made!.dataSync())).toEqual([2, 4]);
  made!.dispose();
});
