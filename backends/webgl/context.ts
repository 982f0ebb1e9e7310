import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {env} from '@tensorflow/tfjs-core';
import {webglKeepsHalfFloats} from '../../tfjs/half_floats';
import {deviceOf} from './device';
import {cutKey} from './plan';

/** Why nothing can be drawn any more; null if it can. */
export function lostContext({gpgpu}: MathBackendWebGL): string | null {
  return gpgpu.gl.isContextLost() ? 'its WebGL context is lost' : null;
}

/** All that draws depend on besides the call, as a key. */
export function contextKey(backend: MathBackendWebGL): string {
  const precision = webglKeepsHalfFloats() ? 'half' : 'float';
  return `${precision} ${env().getNumber('WEBGL_MAX_TEXTURE_SIZE')} ${cutKey(deviceOf(backend))}`;
}
