import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {rankBackends} from '../../../index';
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
