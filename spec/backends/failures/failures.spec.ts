import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {resetStaging} from '../../../backends/engines/wasm/staging';
import {forgetInstances} from '../../../backends/wasm/access';
import {softmax} from '../../../index';
import {failNth} from '../../hosts/failing';
import {failureTable} from '../../hosts/failure_table';
import {expectNothingWrong} from './expected';

/**
 * Everything that the ops ask of the host and of tfjs's backend, made to fail once each. What is asked for is found by watching;
 * the names here are what was found, so that something new is seen.
 */
test('the first compilation', async () => {
  await tf.setBackend('wasm');
  const compute = () => softmax(tf.tensor1d([1, 2, 3])).dataSync();
  const failures: string[] = [];
  for (let nth = 0; ; nth++) {
    forgetInstances();
    const {failure, result} = failNth(nth, () => tf.tidy(compute));
    if (failure === null) break;
    failures.push(failure);
    // By another way, or with an error; what failed is not asked for once more here.
    try {
      expect(result()[2]).toBeCloseTo(0.66524, 5);
    } catch (error) {
      expect((error as Error).message).toMatch(/made to fail|out of memory|no room/);
    }
  }
  expect(failures).toContain('WebAssembly.Module');
  resetStaging();
  forgetInstances();
  expect(tf.tidy(compute)[2]).toBeCloseTo(0.66524, 5);
});

test.each([
  [
    'cpu',
    ['Float32Array', 'Int32Array', 'Uint8Array', 'WebAssembly.Instance', 'WebAssembly.Memory'].concat(
      'backend.makeTensorInfo',
      'backend.readSync',
      'backend.write',
      'memory.grow',
    ),
  ],
  [
    'wasm',
    ['Float32Array', 'Int32Array', 'Uint8Array', 'WebAssembly.Instance', 'backend.makeOutput'].concat(
      'backend.readSync',
      'backend.write',
      'malloc',
    ),
  ],
])('%s', async (backend, points) => {
  await tf.setBackend(backend);
  const table = await failureTable(() => {
    resetStaging();
    forgetInstances();
  });
  expectNothingWrong(backend, table, points);
});
