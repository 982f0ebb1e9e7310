import type {DataType, KernelBackend, Tensor, TensorInfo, TypedArray} from '@tensorflow/tfjs-core';

/**
 * What is used of tfjs-node's backend object. Declared here because @tensorflow/tfjs-node is no dependency: only those
 * who have it installed meet this code.
 */
export interface NodeBackend extends KernelBackend {
  binding: {TF_Version: string; TF_ATTR_TYPE: number; TF_FLOAT: number};
  /** A tensor is the array it was made from until a native op first uses it: then `values` is null. */
  tensorMap: {get(dataId: object): {values: TypedArray | null}};
  readSync(dataId: object): TypedArray;
  write(values: TypedArray, shape: number[], dtype: DataType): object;
  disposeData(dataId: object): boolean;
  /** Runs an op of TensorFlow. The result is a tensor of tfjs's engine. */
  executeSingleOutput(name: string, attributes: object[], inputs: TensorInfo[]): Tensor;
  /** The native tensors, made where there were only values. */
  getInputTensorIds(tensors: TensorInfo[]): number[];
}

/** Whether TensorFlow holds a tensor, not JavaScript. */
export function isNative({dataId}: TensorInfo, backend: NodeBackend): boolean {
  return backend.tensorMap.get(dataId).values == null;
}

/** A tensor with these values, which it keeps: nothing is copied until a native op uses it. */
export function makeTensor(values: Float32Array, shape: number[], backend: NodeBackend): TensorInfo {
  return {dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32'};
}
