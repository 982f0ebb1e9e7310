import type {DataType, KernelBackend, Tensor, TensorInfo, TypedArray} from '@tensorflow/tfjs-core';

/**
 * What is used of tfjs-node's backend object. Declared here because @tensorflow/tfjs-node is no dependency: only those
 * who have it installed meet this code.
 */
export interface NodeBackend extends KernelBackend {
  binding: Binding;
  /** A tensor is the array it was made from until a native op first uses it: then `values` is null. */
  tensorMap: {get(dataId: object): {values: TypedArray | null; id: number}};
  readSync(dataId: object): TypedArray;
  write(values: TypedArray, shape: number[], dtype: DataType): object;
  disposeData(dataId: object): boolean;
  /** The native tensors, made where there were only values. */
  getInputTensorIds(tensors: TensorInfo[]): number[];
  executeSingleOutput(op: string, attributes: Attribute[], inputs: TensorInfo[]): Tensor;
}

/** The native addon. Its tensors are numbers, which tfjs knows nothing of: whoever makes one has to delete it. */
export interface Binding {
  TF_Version: string;
  TF_ATTR_TYPE: number;
  TF_ATTR_INT: number;
  TF_FLOAT: number;
  TF_INT32: number;
  createTensor(shape: number[], dtype: number, values: TypedArray): number;
  deleteTensor(id: number): void;
  executeOp(op: string, attributes: Attribute[], inputs: number[], outputs: number): {id: number}[];
}

/** An attribute of a native op, of type `TF_ATTR_...`. */
export interface Attribute {
  name: string;
  type: number;
  value: number;
}

/** The native tensor, which stays tfjs's; null while the tensor is an array in JavaScript. */
export function nativeId({dataId}: TensorInfo, backend: NodeBackend): number | null {
  const {values, id} = backend.tensorMap.get(dataId);
  return values == null ? id : null;
}

/** A tensor with these values, which it keeps: nothing is copied until a native op uses it. */
export function makeTensor(values: Float32Array, shape: number[], backend: NodeBackend): TensorInfo {
  return {dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32'};
}

/** A tensor that TensorFlow holds, of float32, its values not yet set. */
export function makeNativeTensor(shape: number[], backend: NodeBackend): Tensor {
  const {TF_ATTR_TYPE, TF_FLOAT} = backend.binding;
  const dimensions = {
    dataId: backend.write(Int32Array.from(shape), [shape.length], 'int32'),
    shape: [shape.length],
    dtype: 'int32' as const,
  };
  try {
    const attributes = [{name: 'dtype', type: TF_ATTR_TYPE, value: TF_FLOAT}];
    return backend.executeSingleOutput('Empty', attributes, [dimensions]);
  } finally {
    backend.disposeData(dimensions.dataId);
  }
}
