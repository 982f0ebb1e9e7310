/**
 * Copies between tensors that TensorFlow holds and a buffer of ours, by native ops. For large tensors: tfjs-node's
 * readSync makes a new array with each call, and until it is collected the next one gets fresh pages from the system,
 * which takes three times as long as the softmax itself.
 *
 * TensorFlow takes an aligned array as the memory of a tensor, without a copy. Two old ops make use of that:
 * InplaceUpdate writes into the memory of its first input, and DeepCopy reads from it.
 */
import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {type Attribute, makeTensor, type NodeBackend} from './node_backend';

/** Copies a float32 tensor to `destination`, of its size, aligned to 64 bytes. */
export function copyFromNative(tensor: TensorInfo, destination: Float32Array, backend: NodeBackend): void {
  const asOneRow = [1, destination.length];
  const target = makeTensor(destination, asOneRow, backend);
  const firstRow = makeIndices([0], backend);
  const row = reshape(tensor, asOneRow, backend);
  const written = backend.executeSingleOutput('InplaceUpdate', [floats(backend)], [target, firstRow, row]);
  written.dispose();
  row.dispose();
  backend.disposeData(firstRow.dataId);
  backend.disposeData(target.dataId);
}

/** A tensor that TensorFlow holds, with a copy of `source`, which is aligned to 64 bytes. */
export function copyToNative(source: Float32Array, shape: number[], backend: NodeBackend): Tensor {
  const view = makeTensor(source, shape, backend);
  const copy = backend.executeSingleOutput('DeepCopy', [floats(backend)], [view]);
  backend.disposeData(view.dataId);
  return copy;
}

/**
 * Whether that works on this backend, tried in `scratch`, which is left as it was. With tensors on another device, or
 * with a TensorFlow that copies what it is given, nothing would arrive there.
 */
export function canCopyNatively(scratch: Float32Array, backend: NodeBackend): boolean {
  const place = scratch.subarray(0, 3);
  const before = place.slice();
  let tensor: Tensor | undefined;
  try {
    tensor = copyToNative(Float32Array.of(1, 2, 3), [3], backend);
    place.fill(0);
    copyFromNative(tensor, place, backend);
    return place.join() === '1,2,3';
  } catch {
    return false;
  } finally {
    tensor?.dispose();
    place.set(before);
  }
}

function reshape(tensor: TensorInfo, shape: number[], backend: NodeBackend) {
  const target = makeIndices(shape, backend);
  const attributes = [floats(backend), {...floats(backend), name: 'Tshape', value: backend.binding.TF_INT32}];
  const reshaped = backend.executeSingleOutput('Reshape', attributes, [tensor, target]);
  backend.disposeData(target.dataId);
  return reshaped;
}

function makeIndices(values: number[], backend: NodeBackend): TensorInfo {
  const shape = [values.length];
  return {dataId: backend.write(Int32Array.from(values), shape, 'int32'), shape, dtype: 'int32'};
}

function floats({binding}: NodeBackend): Attribute {
  return {name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT};
}
