/** A page that runs cases and programs of the fuzzing on one tfjs backend. */
import '@tensorflow/tfjs-layers'; // tf.logSumExp is differentiated with the gradients that this loads
import * as tf from '@tensorflow/tfjs-core';
import {implementationOn} from '../../backends/registration';
import {runBatch} from '../fuzz/batch';
import {runCase} from '../fuzz/run';
import {expose} from '../hosts/page';

const functions = {
  async start(backend: string): Promise<string> {
    tf.env().set('IS_TEST', true);
    await tf.setBackend(backend);
    return tf.getBackend();
  },
  run: runCase,
  programs({seed, programs}: {seed: number; programs: number}) {
    const backend = tf.getBackend();
    return runBatch(seed, programs, {backend, others: ['cpu'], bounds: implementationOn(backend).bounds});
  },
};
expose(functions);
export type Functions = typeof functions;
