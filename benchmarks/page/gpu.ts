import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import type {WebGPUFound} from 'tfjs-softmax';
import {deviceOf} from '../../backends/webgl/device';

export interface Gpu {
  name: string;
  isSoftware: boolean;
}

/** The GPU behind the webgl backend, which has to be the active one. */
export function gpuOfWebGL(): Gpu {
  const {renderer, software} = deviceOf(tf.backend() as MathBackendWebGL);
  return {name: renderer, isSoftware: software};
}

export function gpuOfWebGPU({adapter, softwareGpu}: WebGPUFound): Gpu {
  const {vendor, architecture, device, description} = adapter;
  const name = [vendor, architecture, device, description].filter(Boolean).join(' ') || 'an adapter without a name';
  return {name: `WebGPU: ${name}`, isSoftware: softwareGpu};
}
