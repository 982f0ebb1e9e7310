import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {env} from '@tensorflow/tfjs-core';
import {webglKeepsHalfFloats} from '../../tfjs/half_floats';
import {deviceOf} from './device';
import {cutKey} from './plan';

/** All that draws depend on besides the call, as a key. */
export function contextKey(backend: MathBackendWebGL): string {
  const precision = webglKeepsHalfFloats() ? 'half' : 'float';
  return `${precision} ${env().getNumber('WEBGL_MAX_TEXTURE_SIZE')} ${cutKey(deviceOf(backend))}`;
}
