/** When results are there, what is in them, and that they are gone again. */
import {neg, reshape, slice, type Tensor, tensor, tidy} from '@tensorflow/tfjs-core';
import {isTensor} from './agreement';
import {factsOf} from './facts';

/** Tensors that large are computed by the GPU: smaller ones tfjs computes on the CPU. */
const GPU_ELEMENTS = 4096;

/** Whether a backend's values can be read asynchronously only. */
export function readsLater(backend: string): boolean {
  return factsOf(backend)?.readsLater === true;
}

/** The values of a tensor of that backend, or the promise of them. */
export function read(backend: string, result: Tensor) {
  return readsLater(backend) ? result.data() : result.dataSync();
}

/**
 * What to read to know that results are there: nothing where ops end when they return, all where that is not known, and on a
 * GPU one element, which is less than all. The backend is the active one.
 */
export function toBeAwaited(backend: string, results: unknown[]): Tensor[] {
  const facts = factsOf(backend);
  const tensors = results.filter(isTensor);
  if (!facts) return tensors;
  // Numbers were read by the function itself.
  if (!facts.gpu || (tensors.length === 0 && results.length > 0)) return [];
  const first = tensors.find(({dtype, size}) => dtype !== 'string' && dtype !== 'complex64' && size > 0);
  return [tidy(() => slice(reshape(first ?? neg(tensor(new Float32Array(GPU_ELEMENTS))), [-1]), 0, 1))];
}

/** Reads these, and then cleans up: at once where that can be. */
export function arrivalOf(backend: string, tensors: Tensor[], cleanUp: () => void): Promise<void> | void {
  if (readsLater(backend))
    return Promise.all(tensors.map((one) => one.data()))
      .then(() => {})
      .finally(cleanUp);
  try {
    for (const one of tensors) one.dataSync();
  } finally {
    cleanUp();
  }
}

/** Disposes of tensors. Those of a backend that was removed meanwhile throw; the others are disposed of all the same. */
export function disposeOf(tensors: Tensor[]): void {
  for (const one of tensors) {
    try {
      one.dispose();
    } catch {
      // its memory went with the backend
    }
  }
}
