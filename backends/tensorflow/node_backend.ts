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

/** The values of a float32 tensor: the array it was made from, to be left as it is, or a copy. */
export function valuesOf({dataId}: TensorInfo, backend: NodeBackend): Float32Array {
  return backend.readSync(dataId) as Float32Array;
}

/** The values of labels: distributions in float32, or int32 for the indices of classes. */
export function labelsOf({dataId, dtype}: TensorInfo, backend: NodeBackend): Float32Array | Int32Array {
  const values = backend.readSync(dataId);
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values);
  return values as Float32Array;
}

/** The values of a bool tensor, 1 for true. It may have been made from booleans. */
export function flagsOf({dataId}: TensorInfo, backend: NodeBackend): Uint8Array {
  const values: ArrayLike<number | boolean> = backend.readSync(dataId);
  return values instanceof Uint8Array ? values : Uint8Array.from(values, Number);
}

/** The values of a float32, int32 or bool tensor, in an array of the same size per element as in WebAssembly. */
export function arrayOf(tensor: TensorInfo, backend: NodeBackend): Float32Array | Int32Array | Uint8Array {
  return tensor.dtype === 'bool' ? flagsOf(tensor, backend) : labelsOf(tensor, backend);
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
