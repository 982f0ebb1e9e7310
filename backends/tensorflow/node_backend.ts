import type {DataType, KernelBackend, Tensor, TensorInfo, TypedArray} from '@tensorflow/tfjs-core';

/**
 * What is used of tfjs-node's backend object. Declared here because @tensorflow/tfjs-node is no dependency: only those
 * who have it installed meet this code.
 */
export interface NodeBackend extends KernelBackend {
  binding: {TF_Version: string; TF_ATTR_TYPE: number; TF_FLOAT: number; TF_INT32: number};
  /** A tensor is the array it was made from until a native op first uses it: then `values` is null. */
  tensorMap: {get(dataId: object): {values: TypedArray | null}};
  readSync(dataId: object): TypedArray;
  write(values: TypedArray, shape: number[], dtype: DataType): object;
  disposeData(dataId: object): boolean;
  executeSingleOutput(op: string, attributes: Attribute[], inputs: TensorInfo[]): Tensor;
}

/** An attribute of a native op that is a type. */
export interface Attribute {
  name: string;
  type: number;
  value: number;
}

/** Whether TensorFlow holds the tensor, and JavaScript would have to copy it. */
export function isNative({dataId}: TensorInfo, backend: NodeBackend): boolean {
  return backend.tensorMap.get(dataId).values == null;
}

/** The values of a float32 tensor: the array it was made from, to be left as it is, or a copy. */
export function valuesOf({dataId}: TensorInfo, backend: NodeBackend): Float32Array {
  return backend.readSync(dataId) as Float32Array;
}

/** A tensor with these values, which it keeps: nothing is copied until a native op uses it. */
export function makeTensor(values: Float32Array, shape: number[], backend: NodeBackend): TensorInfo {
  return {dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32'};
}
