/** Wrong gradients are found. TFJS_SOFTMAX_GRADIENT_SEEDS is how many seeds each runs with. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads register_all_gradients
import {checkGradients} from '../../index';
import {Random} from '../cases/random';
import {PLANTED} from './planted';

const RUNS = Number(process.env.TFJS_SOFTMAX_GRADIENT_SEEDS ?? 10);

// wasm adds in floats; and tfjs takes a customGrad that saves for a leak there, if it tests itself.
describe.each(['cpu', 'wasm'])('%s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    tf.env().set('IS_TEST', false);
  });

  test.each(Object.entries(PLANTED))('%s', (_, {inputs, f}) => {
    const missed = Array.from({length: RUNS}, (_, seed) => {
      const random = new Random(seed);
      const xs = inputs(random);
      const {ok} = checkGradients(f(random), xs, {seed, raise: false});
      tf.dispose(xs);
      return ok;
    }).filter(Boolean).length;
    expect(missed).toBeLessThanOrEqual(Math.floor(RUNS / 100)); // 99 of 100 are found
  });
});
