/**
 * The way of a tensor's values into a buffer of ours and back. Measured with TensorFlow 2.21 on two cores, in ns per
 * element:
 *
 * - A tensor from JavaScript is an array, and an array can be a tensor: 0.1 either way, the copy.
 * - readSync of a tensor that TensorFlow holds, and a new array for the result, take 0.2 with pages that the process has
 *   and 1.5 with fresh ones. It has them if the garbage collector has just run, so for large tensors not often.
 * - Native copies take 0.3 to 0.5 in and 0.15 out, always, but 17 and 6 µs for the calls.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {canCopyNatively, copyFromNative, copyToNative} from './native_copy';
import {isNative, makeTensor, type NodeBackend, valuesOf} from './node_backend';

/** From this many elements on the calls of native copies cost less than fresh pages. */
export const LARGE = 1 << 17;

const nativeCopies = new WeakMap<NodeBackend, boolean>();

/** Copies the values of a tensor to `destination`, a buffer of its size aligned to 64 bytes. */
export function stageIn(tensor: TensorInfo, destination: Float32Array, backend: NodeBackend): void {
  if (isNative(tensor, backend) && copiesNatively(destination, backend)) {
    copyFromNative(tensor, destination, backend);
  } else {
    destination.set(valuesOf(tensor, backend));
  }
}

/** A tensor with a copy of `source`, a buffer aligned to 64 bytes. */
export function stageOut(source: Float32Array, shape: number[], backend: NodeBackend): TensorInfo {
  if (copiesNatively(source, backend)) return copyToNative(source, shape, backend);
  return makeTensor(source.slice(), shape, backend);
}

/** Whether a buffer is large enough for native copies, and they work. */
function copiesNatively(buffer: Float32Array, backend: NodeBackend): boolean {
  if (buffer.length < LARGE) return false;
  const known = nativeCopies.get(backend);
  if (known !== undefined) return known;
  const works = canCopyNatively(buffer, backend);
  nativeCopies.set(backend, works);
  return works;
}
