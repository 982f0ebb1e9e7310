import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';

export interface Gpu {
  name: string;
  isSoftware: boolean;
}

/** The GPU behind the webgl backend, which has to be the active one. */
export function gpuOfWebGL(): Gpu {
  const {gl} = (tf.backend() as MathBackendWebGL).gpgpu;
  const extension = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(extension ? extension.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  return {name, isSoftware: isSoftwareRenderer(name)};
}

/** Programs that draw without a GPU, by the names that they go by in Chromium, Mesa and Windows. */
export function isSoftwareRenderer(name: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}
