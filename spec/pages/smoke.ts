import * as tf from '@tensorflow/tfjs-core';
import {expose} from '../hosts/page';

const functions = {
  /** What tf.softmax of that backend gives, and on which backend it really ran. */
  async stockSoftmax({backend, logits}: {backend: string; logits: Float32Array}) {
    await tf.setBackend(backend);
    const result = tf.softmax(tf.tensor1d(logits));
    return {backend: tf.getBackend(), values: (await result.data()) as Float32Array};
  },
  isolated: () => globalThis.crossOriginIsolated,
  logAnError: () => console.error('deliberate'),
};
expose(functions);
export type Functions = typeof functions;
