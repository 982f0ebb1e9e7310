import * as tf from '@tensorflow/tfjs-core';
import {load} from '../node/packages';

/** Loads and starts a backend of Node. */
export async function start(backend: string): Promise<void> {
  const name = backend === 'tensorflow' ? '@tensorflow/tfjs-node' : `@tensorflow/tfjs-backend-${backend}`;
  const found = load(name);
  if ('reason' in found) throw new Error(`${name}: ${found.reason}`);
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start here.`);
}
