import {reshape, slice, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {withBackend} from '../../tfjs/active_backend';
import {factsOf} from './facts';

/**
 * Waits until a result is there: on a GPU by reading one element, which is less than all, and where that is unknown, all.
 * @returns null if it is there, or what to wait for
 */
export function finish(backend: string, result: Tensor): Promise<void> | null {
  const facts = factsOf(backend);
  if (facts && !facts.gpu) return null;
  if (!facts) {
    result.dataSync();
    return null;
  }
  const first = withBackend(backend, () => tidy(() => slice(reshape(result, [-1]), 0, Math.min(1, result.size))));
  if (facts.readsLater) return whenRead(first);
  try {
    first.dataSync();
  } finally {
    first.dispose();
  }
  return null;
}

async function whenRead(result: Tensor): Promise<void> {
  try {
    await result.data();
  } finally {
    result.dispose();
  }
}
