import {keepLaunches} from '../../../tfjs/webgpu_launch';
import {failureTable} from '../../hosts/failure_table';
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

type Flags = Record<string, number>;

test.each<[string, string[], Flags, object, string[]]>([
  // Bind groups and uniforms are made anew each time.
  [
    'launches',
    ['masked logSoftmax', 'softmaxJvp', 'gradient of sparse softmaxCrossEntropy', 'tf.softmax after install()'],
    {},
    {},
    ['Float32Array'],
  ],
  // tfjs sends many dispatches together, most of them when something is read.
  [
    'submits',
    ['masked logSoftmax', 'gradient of sparse softmaxCrossEntropy', 'tf.softmax after install()'],
    {WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE: 1},
    {},
    ['Float32Array', 'queue.submit'],
  ],
  // To compile each program each time takes long here.
  ['compilation', ['softmax'], {}, {pipelineCache: {}}, ['device.createComputePipeline', 'device.createShaderModule']],
])('webgpu: %s', async (_, actions, flags, forgotten, further) => {
  const backend = await startWebGPU({...NEVER_ON_THE_CPU, WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE: 15, ...flags});
  const table = await failureTable(() => {
    keepLaunches(backend, false);
    keepLaunches(backend, true);
    Object.assign(backend, structuredClone(forgotten));
  }, actions);
  expectNothingWrong('webgpu', table, [...LAUNCHING, ...further]);
  expect(uncapturedErrors()).toEqual([]);
});
