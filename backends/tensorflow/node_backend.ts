import type {DataTypeMap, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

/**
 * What is used of tfjs-node's backend object. Declared here because @tensorflow/tfjs-node is no dependency: only those
 * who have it installed meet this code.
 */
export interface NodeBackend extends KernelBackend {
  binding: {TF_Version: string};
  isGPUPackage: boolean;
  readSync(dataId: object): DataTypeMap['float32'];
  write(values: Float32Array, shape: number[], dtype: 'float32'): object;
}

/**
 * The values of a float32 tensor. While no native op has used it that is the array it was made from, to be left as it
 * is; afterwards a copy.
 */
export function float32Values({dataId}: TensorInfo, backend: NodeBackend): Float32Array {
  return backend.readSync(dataId);
}

/** A tensor with these values, which it keeps: nothing is copied, now or when a native op first uses it. */
export function makeTensor(values: Float32Array, shape: number[], backend: NodeBackend): TensorInfo {
  return {dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32'};
}
