/**
 * Results that TensorFlow holds: a tensor made of an array at an address where no tensor may begin is copied when it is made,
 * at the speed of memcpy.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {makeTensor, type NodeBackend} from './node_backend';

/**
 * A result of at least so many elements is TensorFlow's, whose memory is freed with the tensor and not when the garbage
 * collector has been there. A smaller one stays an array, which is read without a native call.
 */
export const NATIVE_RESULT = 1 << 15;

/** What results begin at: a multiple of 16 bytes and so many. TensorFlow lets no tensor begin there, and copies. */
export const UNALIGNED = 4;

const copies = new WeakMap<NodeBackend, boolean>();

/** Whether that works on this backend: otherwise tensors would change with the memory. Tried on the first call. */
export function canCopyResults(backend: NodeBackend): boolean {
  let works = copies.get(backend);
  if (works === undefined) {
    works = tryCopy(backend);
    copies.set(backend, works);
  }
  return works;
}

function tryCopy(backend: NodeBackend): boolean {
  const place = unalignedPlace(1).fill(1);
  const {dataId} = nativeCopyOf(place, [1], backend);
  try {
    place.fill(2);
    return backend.readSync(dataId)[0] === 1;
  } finally {
    backend.disposeData(dataId);
  }
}

let scratch = unalignedPlace(0);

/** A place for a result, good until the next one is asked for. */
export function scratchFor(size: number): Float32Array {
  if (scratch.length < size) scratch = unalignedPlace(size);
  return scratch.subarray(0, size);
}

function unalignedPlace(size: number): Float32Array {
  const {BYTES_PER_ELEMENT} = Float32Array;
  return new Float32Array(new ArrayBuffer(UNALIGNED + BYTES_PER_ELEMENT * size), UNALIGNED, size);
}

/** A tensor that TensorFlow holds, with the values at an unaligned place, which may change from then on. */
export function nativeCopyOf(place: Float32Array, shape: number[], backend: NodeBackend): TensorInfo {
  const tensor = makeTensor(place, shape, backend);
  try {
    backend.getInputTensorIds([tensor]); // hands over the values, as before a native op
    return tensor;
  } catch (error) {
    backend.disposeData(tensor.dataId);
    throw error;
  }
}
