import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-layers'; // tf.logSumExp is differentiated with the gradients that this loads
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {implementationOn} from '../../backends/registration';
import {fuzzCase} from './arbitrary';
import {fuzzParameters} from './parameters';
import {runCase} from './run';
import {verdict} from './verdict';

test.each(['cpu', 'wasm'])(
  '%s: any call gives the right result or a clear error, and leaves nothing behind',
  async (backend) => {
    await tf.setBackend(backend);
    await fc.assert(
      fc.asyncProperty(fuzzCase, async (fuzzed) => {
        const wrong = verdict(fuzzed, await runCase(fuzzed), implementationOn(backend).bounds);
        if (wrong) throw new Error(wrong);
      }),
      fuzzParameters(backend, 10_000),
    );
  },
);
