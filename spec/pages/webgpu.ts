/** The page of calls with tfjs's webgpu backend too, and what its device complains of. */
import '@tensorflow/tfjs-backend-webgpu';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {enableWebGPU, softmax} from '../../index';
import {runCall} from '../hosts/call';
import {expose} from '../hosts/page';

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
};
expose(functions);
export type Functions = typeof functions;
