/**
 * No false alarm: all ops of the family and fifty of tfjs's, with their right gradients. TFJS_SOFTMAX_GRADIENT_SEEDS is how many
 * seeds each runs with: 130 are ten thousand runs a backend.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads register_all_gradients
import {checkGradients} from '../../index';
import {Random} from '../cases/random';
import {type CheckedOp, FAMILY, STOCK, WRONG_ON} from './ops';

const SEEDS = Array.from({length: Number(process.env.TFJS_SOFTMAX_GRADIENT_SEEDS ?? 2)}, (_, seed) => seed);

// On wasm tfjs takes a customGrad that saves, as its logSoftmax is, for a leak, if it tests itself.
beforeAll(async () => {
  await tf.setBackend('cpu');
  tf.scalar(0).dispose(); // the first tensor advertises tfjs-node, but for tests
  tf.env().set('IS_TEST', false);
});

/** Runs the check on inputs of that seed, and disposes them. */
function check({inputs, f}: CheckedOp, seed: number, order: number): string {
  const xs = inputs(new Random(seed));
  const before = tf.memory();
  try {
    return checkGradients(f, xs, {order, seed}).toString();
  } finally {
    const {numTensors, numDataBuffers} = tf.memory();
    expect({numTensors, numDataBuffers}).toEqual({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    });
    tf.dispose(xs);
  }
}

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  describe.each([
    ['the family', FAMILY],
    ['tfjs', STOCK],
  ] as const)('%s', (_, ops) => {
    test.each(Object.entries(ops))('%s', (name, op) => {
      const wrong = WRONG_ON[backend]?.[name];
      if (wrong) expect(() => check(op, 0, 1)).toThrow(wrong);
      else for (const seed of SEEDS) check(op, seed, op.order);
    });
  });
});

test.each(Object.entries(STOCK).filter(([, {order}]) => order === 1))(
  "the second derivative of tfjs's %s is missing or wrong, and found out",
  async (_, op) => {
    await tf.setBackend('cpu');
    expect(() => check(op, 1, 2)).toThrow(/The derivative of order 2 in input \d is wrong/);
  },
);
