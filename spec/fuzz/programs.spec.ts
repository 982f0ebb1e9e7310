import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-layers'; // tf.logSumExp is differentiated with the gradients that this loads
import * as tf from '@tensorflow/tfjs-core';
import {implementationOn} from '../../backends/registration';
import {runBatch} from './batch';

/** A few of the programs that `npm run fuzz:long` runs for hours. */
test.each([
  ['cpu', 'wasm'],
  ['wasm', 'cpu'],
])(
  '%s: programs of ops, with what goes on around them, give what is right and leave nothing',
  async (backend, other) => {
    for (const name of [other, backend]) await tf.setBackend(name);
    const stage = {backend, others: [other], bounds: implementationOn(backend).bounds};
    const {calls, wrong, left} = await runBatch(20261127, 100, stage);
    process.stdout.write(`fuzzing ${backend}: ${calls} calls in 100 programs\n`);
    expect([...wrong, ...left]).toEqual([]);
    expect(calls).toBeGreaterThan(500);
  },
);
