import {env, getBackend} from '@tensorflow/tfjs-core';

/** Half floats, of 11 bits, hold every whole number up to here, and from here on not all. */
export const WHOLE_IN_HALF_FLOATS = 2048;

/** Whether webgl keeps tensors, int32 ones too, in half floats, as on devices that render to no others. Once it has started. */
export function webglKeepsHalfFloats(): boolean {
  return !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED');
}

/** Whether the active backend does so. */
export function keepsHalfFloats(): boolean {
  return getBackend() === 'webgl' && webglKeepsHalfFloats();
}
