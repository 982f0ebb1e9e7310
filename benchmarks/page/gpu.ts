import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
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
