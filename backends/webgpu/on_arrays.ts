import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {onArrays} from '../array_backend';

/**
 * The family on typed arrays, for small tensors that were never uploaded: tfjs's own kernels compute them on the CPU too (its
 * flag WEBGPU_CPU_FORWARD and the size say which). Plain TypeScript is soon done with softmax and products without a mask, for
 * which a page may then never need WebAssembly.
 */
export const byArrays = onArrays(valuesOf, Number.POSITIVE_INFINITY);

/** Of a tensor that is not on the GPU. */
export function valuesOf({dataId}: TensorInfo, backend: WebGPUBackend): TypedArray {
  return backend.tensorMap.get(dataId).values as TypedArray;
}
