/** The page of calls with tfjs's webgpu backend too, and what its device complains of. */
import '@tensorflow/tfjs-backend-webgpu';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {enableWebGPU, rankBackends, softmax} from '../../index';
import {runCall} from '../hosts/call';
import {expose, inWorker} from '../hosts/page';

const complaints: string[] = [];

const functions = {
  /** Starts the backend; what enableWebGPU() says of the browser's WebGPU. */
  async start() {
    const found = await enableWebGPU();
    tf.env().set('WEBGPU_CPU_FORWARD', false);
    await tf.setBackend('webgpu');
    (tf.backend() as WebGPUBackend).device.onuncapturederror = ({error}) => complaints.push(error.message);
    return found;
  },
  run: runCall,
  /** A result that is read at once, which only browsers can. */
  readAtOnce: (logits: Float32Array) => softmax(tf.tensor1d(logits)).dataSync() as Float32Array,
  complaints: () => complaints,
  /** What the dispatcher makes of both GPU backends, and a result of each: here, which may be a worker. */
  async gpus() {
    const candidates = ['webgl', 'webgpu'];
    const ranking = await rankBackends({op: 'softmax', shape: [4, 300]}, {mode: 'measure', budgetMs: 500, candidates});
    const results: Record<string, Float32Array> = {};
    for (const name of candidates) {
      await tf.setBackend(name);
      tf.env().setFlags({WEBGL_CPU_FORWARD: false, WEBGPU_CPU_FORWARD: false});
      results[tf.getBackend()] = (await softmax(tf.tensor1d([1, 1, Number.NEGATIVE_INFINITY])).data()) as Float32Array;
    }
    return {
      inWorker: typeof document === 'undefined',
      out: ranking.candidates.map(({backend, out}) => [backend, out]),
      results,
    };
  },
  inWorker: (name: string) => inWorker(name),
};
expose(functions);
export type Functions = typeof functions;
