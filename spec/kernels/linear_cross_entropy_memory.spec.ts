/** A model trains with linearCrossEntropy in a heap that tfjs's own loss overruns. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads tfjs's gradients
import {linearCrossEntropy} from '../../index';
import {Random} from '../cases/random';

const [TOKENS, FEATURES, WORDS] = [512, 16, 16_384] as const;
const LOGITS = 4 * TOKENS * WORDS;
/** What the heap of tfjs's backend may have; without a model it is 16 MiB. */
const HEAP = 2 * LOGITS;
const STEPS = 3;

/** Lets no WebAssembly memory grow beyond HEAP, and counts how often one was refused. */
function boundHeap() {
  const {grow} = WebAssembly.Memory.prototype;
  const refused = jest.fn();
  jest.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(function (this: WebAssembly.Memory, pages) {
    if (this.buffer.byteLength + 2 ** 16 * pages <= HEAP) return grow.call(this, pages);
    refused();
    throw new RangeError('out of memory');
  });
  return refused;
}

/** The losses of the steps of a model of two layers. */
function train(lossOf: (hidden: tf.Tensor2D, words: tf.Tensor2D, next: tf.Tensor1D) => tf.Tensor): number[] {
  const random = new Random(1);
  const x = tf.tensor2d(random.normals(TOKENS * FEATURES), [TOKENS, FEATURES]);
  const first = tf.variable(tf.tensor2d(random.normals(FEATURES ** 2, 0.3), [FEATURES, FEATURES]));
  const words = tf.variable(tf.tensor2d(random.normals(FEATURES * WORDS, 0.1), [FEATURES, WORDS]));
  const next = tf.tensor1d(
    Array.from({length: TOKENS}, () => random.integer(0, 9)),
    'int32',
  );
  const optimizer = tf.train.sgd(10);
  const step = () =>
    optimizer.minimize(
      () => lossOf(tf.sigmoid(tf.matMul(x, first)) as tf.Tensor2D, words as tf.Tensor2D, next) as tf.Scalar,
      true,
    )!;
  const losses = Array.from({length: STEPS}, () => {
    const loss = step();
    const [value] = loss.dataSync();
    loss.dispose();
    return value!;
  });
  tf.dispose([x, first, words, next]);
  return losses;
}

test('a model with linearCrossEntropy trains in a heap of two logits, in which stock runs out of memory', async () => {
  await tf.setBackend('wasm');
  tf.env().set('IS_TEST', false); // else tfjs takes a customGrad that saves for a leak
  const refused = boundHeap();
  const losses = train((hidden, words, next) => linearCrossEntropy(hidden, words, next));
  expect(refused).not.toHaveBeenCalled();
  expect(losses[0]).toBeCloseTo(Math.log(WORDS), 0);
  expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.1);

  const stock = () =>
    train((hidden, words, next) => tf.losses.softmaxCrossEntropy(tf.oneHot(next, WORDS), tf.matMul(hidden, words)));
  expect(stock).toThrow('memory access out of bounds'); // tfjs takes the address 0 of a failed malloc for a tensor's
  expect(refused).toHaveBeenCalled();
});
