/**
 * Says so before an op computes nothing at all: in a lost context draws leave zeros, and who reads from a lost device is told
 * no more than that it was aborted.
 *
 * @param reason why a backend can compute nothing any more; null if it can
 * @throws with the reason, and what to do
 */
export function checkNotLost(backend: string, reason: string | null): void {
  if (reason === null) return;
  throw new Error(
    `tfjs-softmax: the backend ${backend} computes nothing any more: ${reason}, and its tensors with it. ` +
      'Allowed are other backends, or this one started anew: by tf.removeBackend, tf.registerBackend and tf.setBackend.',
  );
}
