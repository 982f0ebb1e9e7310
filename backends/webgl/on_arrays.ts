import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {onArrays} from '../array_backend';
import {checkNotLost} from '../lost';
import {lostContext} from './device';

/** As tfjs counts: up to here plain TypeScript is soon done, and a page may never need WebAssembly. */
const TINY = 128;

/**
 * The family on typed arrays, for what is no matter for a shader: small tensors that are not in a texture, which tfjs's own
 * kernels compute on the CPU too, sooner than they could be uploaded (its flag WEBGL_CPU_FORWARD and the size say which);
 * and everything on WebGL 1, where values are read back first.
 */
export const byArrays = onArrays(valuesOf, TINY);

/** Of a tensor on the CPU or, read back, in a texture. */
function valuesOf({dataId}: TensorInfo, backend: MathBackendWebGL): TypedArray | number[] {
  if (backend.texData.get(dataId).values == null) checkNotLost('webgl', lostContext(backend));
  return backend.readSync(dataId) as TypedArray | number[];
}
