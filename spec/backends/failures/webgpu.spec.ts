import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {backendReport, rankBackends, softmax} from '../../../index';
import {keepLaunches} from '../../../tfjs/webgpu_launch';
import {failureTable, MANY_KERNELS} from '../../hosts/failure_table';
import {NEVER_ON_THE_CPU, startWebGPU, uncapturedErrors} from '../../hosts/webgpu';
import {expectNothingWrong} from './expected';

const LAUNCHING = [
  'ArrayBuffer',
  'backend.makeTensorInfo',
  'backend.makeUniforms',
  'backend.runWebGPUProgram',
  'backend.uploadToGPU',
  'backend.write',
  'device.createBindGroup',
  'device.createBuffer',
  'device.createCommandEncoder',
  'queue.writeBuffer',
];

const ALL = Number.POSITIVE_INFINITY;

type Flags = Record<string, number>;

test.each<[string, string[], number, Flags, object, string[]]>([
  // Bind groups and uniforms are made anew each time.
  [
    'launches',
    ['masked logSoftmax', 'softmaxJvp', 'gradient of sparse softmaxCrossEntropy', 'tf.softmax after install()'],
    ALL,
    {},
    {},
    ['Float32Array'],
  ],
  ['launches of ops of many kernels', MANY_KERNELS, 6, {}, {}, ['Float32Array', 'Int32Array', 'queue.submit']],
  // tfjs sends many dispatches together, most of them when something is read.
  [
    'submits',
    ['masked logSoftmax', 'gradient of sparse softmaxCrossEntropy', 'tf.softmax after install()'],
    ALL,
    {WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE: 1},
    {},
    ['Float32Array', 'queue.submit'],
  ],
  // To compile each program each time takes long here.
  [
    'compilation',
    ['softmax'],
    ALL,
    {},
    {pipelineCache: {}},
    ['device.createComputePipeline', 'device.createShaderModule'],
  ],
])('webgpu: %s', async (_, only, most, flags, forgotten, further) => {
  const backend = await startWebGPU({...NEVER_ON_THE_CPU, WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE: 15, ...flags});
  const table = await failureTable(
    () => {
      keepLaunches(backend, false);
      keepLaunches(backend, true);
      Object.assign(backend, structuredClone(forgotten));
    },
    {only, most},
  );
  expectNothingWrong('webgpu', table, [...LAUNCHING, ...further], most !== ALL);
  expect(uncapturedErrors()).toEqual([]);
});

/** What Dawn or a browser refuses while tfjs's backend starts. */
test.each<[string, (gpu: GPU) => GPUAdapter | null | Promise<GPUAdapter | null>]>([
  ['requestAdapter() gives null', () => null],
  ['requestAdapter() rejects', () => Promise.reject(new Error('no such driver'))],
  [
    'requestDevice() rejects',
    async (gpu) => {
      const adapter = (await gpu.requestAdapter())!;
      return Object.defineProperty(adapter, 'requestDevice', {
        value: () => Promise.reject(new Error('the GPU has no memory')),
      });
    },
  ],
])('webgpu: where %s, reports and rankings say so, and the next start is right', async (_, failing) => {
  await startWebGPU(NEVER_ON_THE_CPU);
  const factory = tf.findBackendFactory('webgpu');
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', factory, 3);
  await tf.setBackend('cpu');
  const {gpu} = navigator;
  const {requestAdapter} = gpu;
  const real = {requestAdapter: () => requestAdapter.call(gpu)} as GPU;
  gpu.requestAdapter = async () => failing(real);
  try {
    const ranking = await rankBackends({op: 'softmax', shape: [4, 10]}, {mode: 'measure', budgetMs: 500});
    expect(ranking.best).toBe('cpu');
    expect(ranking.candidates.find(({backend}) => backend === 'webgpu')!.out).toMatch(/^does not start: ./);
    const entry = (await backendReport()).backends.find(({name}) => name === 'webgpu')!;
    expect(entry).toMatchObject({started: false, check: null, problem: expect.stringMatching(/^does not start: ./)});
    expect(tf.getBackend()).toBe('cpu');
    expect(softmax([0, 0]).arraySync()).toEqual([0.5, 0.5]);
  } finally {
    delete (gpu as Partial<GPU>).requestAdapter;
  }
  await tf.setBackend('webgpu');
  expect(Array.from(await softmax([0, 0]).data())).toEqual([0.5, 0.5]);
  const {candidates} = await rankBackends({op: 'softmax', shape: [4, 10]}, {mode: 'estimate', candidates: ['webgpu']});
  expect(candidates[0]!.out).toBeNull();
});
