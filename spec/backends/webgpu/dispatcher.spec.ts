import '@tensorflow/tfjs-backend-cpu';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {selfCheck} from '../../../backends/dispatcher/self_check';
import {trialsFor} from '../../../backends/dispatcher/variants';
import {hardwareOf, pretendHardware} from '../../../backends/webgpu/hardware';
import {planFor} from '../../../backends/webgpu/plan';
import {layoutOf} from '../../../backends/webgpu/variants';
import {backendReport, logSumExp, rankBackends, softmax, softmaxVjp} from '../../../index';
import {inWebGPU, plantEachProgram} from '../../hosts/planted_programs';
import {startWebGPU, uncapturedErrors} from '../../hosts/webgpu';

/** Where results cannot be read at once, as of tfjs's webgpu backend in Node, a ranking waits for them. */
test('the dispatcher measures webgpu in Node', async () => {
  await startWebGPU({WEBGPU_CPU_FORWARD: false});
  const before = tf.memory().numTensors;
  const workload = [
    {op: 'softmax', shape: [64, 100]},
    {op: 'gradLogSoftmax', shape: [8, 40]},
  ] as const;
  const options = {mode: 'measure', candidates: ['webgpu', 'cpu'], budgetMs: 60_000} as const;
  const {candidates} = await rankBackends(workload, options);
  const entry = candidates.find(({backend}) => backend === 'webgpu')!;
  expect(entry.out).toBeNull();
  for (const {source, timing} of entry.parts) {
    expect(source).toBe('measured');
    expect(timing!.median).toBeGreaterThan(0);
  }
  expect(tf.memory().numTensors).toBe(before);
  expect(uncapturedErrors()).toEqual([]);
});

/** By sizes on both sides of all that plans distinguish. */
test.each([
  ['in software', {software: true}],
  ['of 256 threads', {software: false, threads: 256}],
  ['of 128 threads', {software: false, threads: 128}],
  ['of 64 threads', {software: false, threads: 64}],
])('the self-check has each layout of rows that is chosen for a GPU %s', (_, hardware) => {
  const backend = tf.backend() as WebGPUBackend;
  const real = hardwareOf(backend);
  pretendHardware(backend, hardware);
  const chosen = new Set<string>();
  for (const outer of [1, 2, 4, 20, 127, 128, 4096]) {
    for (const inner of [1, 2, 3, 4, 5, 9, 17, 33, 65, 1000]) {
      for (let n = 1; n < 300_000; n += Math.ceil(n / 100)) {
        chosen.add(layoutOf(planFor({outer, n, inner}, hardwareOf(backend))));
      }
    }
  }
  const checked = trialsFor('webgpu').flatMap(({variants}) => variants);
  pretendHardware(backend, real);
  expect(chosen.size).toBeGreaterThan(5);
  expect([...chosen].filter((layout) => !checked.includes(layout))).toEqual([]);
});

test('the self-check finds a fault in any program that it runs, for a GPU in software', async () => {
  const plant = inWebGPU(tf.backend() as WebGPUBackend);
  expect(await selfCheck('webgpu')).toMatchObject({problem: null, left: 0});
  for (const fault of ['zeros', 'nothing'] as const) {
    const {programs, wrong} = await plantEachProgram('webgpu', plant, fault);
    expect(wrong).toEqual([]);
    expect(programs.length).toBeGreaterThan(25);
  }
});

/** The last tests: the backend stays lost. */
test('a lost device is out of reports and rankings, with the reason; ops say so, until the backend is started anew', async () => {
  const {device} = tf.backend() as WebGPUBackend;
  const x = tf.tensor1d([1, 2, 3]);
  const pending = softmax(x);
  device.destroy();
  await device.lost;
  await expect(pending.data()).rejects.toThrow();
  const message =
    /^tfjs-softmax: the backend webgpu computes nothing any more: its GPU device is lost.*tf\.registerBackend/;
  for (const op of [softmax, logSumExp, (logits: tf.Tensor1D) => softmaxVjp(logits, logits)])
    expect(() => op(x)).toThrow(message);
  const entry = (await backendReport()).backends.find(({name}) => name === 'webgpu');
  expect(entry).toMatchObject({check: 'FAIL', problem: expect.stringMatching(/^its GPU device is lost/), variants: []});
  for (const [workload, mode] of [
    [{op: 'softmax', shape: [4, 10]}, 'estimate'],
    [{op: 'softmax', shape: [4, 10]}, 'measure'],
    [() => tf.square(tf.ones([2])), 'measure'],
  ] as const) {
    const {best, candidates} = await rankBackends(workload, {mode, candidates: ['webgpu', 'cpu'], budgetMs: 500});
    expect(best).toBe('cpu');
    expect(candidates.find(({backend}) => backend === 'webgpu')!.out).toMatch(/its GPU device is lost/);
  }
  const factory = tf.findBackendFactory('webgpu');
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', factory);
  await tf.setBackend('webgpu');
  expect((await softmax(tf.tensor1d([1, 1])).data())[0]).toBe(0.5);
  expect(uncapturedErrors()).toEqual([]);
});

test('a device that had no memory left is out too: what it computes may be wrong from then on', async () => {
  const {device} = tf.backend() as WebGPUBackend;
  const x = tf.tensor1d([1, 1]);
  const told = (error: GPUError) =>
    device.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', {error, cancelable: true}));
  told(new GPUValidationError('planted'));
  expect((await softmax(x).data())[0]).toBe(0.5);
  told(new GPUOutOfMemoryError('planted'));
  expect(() => softmax(x)).toThrow(/computes nothing any more: its GPU has had no memory left/);
  const entry = (await backendReport()).backends.find(({name}) => name === 'webgpu');
  expect(entry).toMatchObject({check: 'FAIL', problem: 'its GPU has had no memory left'});
});
