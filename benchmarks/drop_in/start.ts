import * as tf from '@tensorflow/tfjs-core';
import {load} from '../node/packages';

/**
 * Loads and starts a backend of Node.
 * @returns the GPU that it computes on, or null
 */
export async function start(backend: string): Promise<string | null> {
  tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
  let gpu: string | null = null;
  if (backend === 'webgpu') {
    const {enableWebGPU} = await import('tfjs-softmax'); // also for stock: it changes nothing in tfjs
    const {vendor, architecture, description} = (await enableWebGPU()).adapter;
    gpu = [vendor, architecture, description].filter(Boolean).join(' ');
  }
  const name = backend === 'tensorflow' ? '@tensorflow/tfjs-node' : `@tensorflow/tfjs-backend-${backend}`;
  const found = load(name);
  if ('reason' in found) throw new Error(`${name}: ${found.reason}`);
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start here.`);
  return gpu;
}
