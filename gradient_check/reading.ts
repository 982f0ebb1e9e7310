import {dispose, type Tensor} from '@tensorflow/tfjs-core';

/**
 * A computation that hands out tensors and goes on with their values: whoever runs it reads them, at once or when they
 * are there. So one text serves `checkGradients` and `checkGradientsAsync`.
 */
export type Reading<T> = Generator<Tensor[], T, Float32Array[]>;

/** The values of tensors that nobody else has; they are disposed, whatever happens. */
export function* read(tensors: Tensor[]): Reading<Float32Array[]> {
  try {
    return yield tensors;
  } finally {
    dispose(tensors);
  }
}

/** The same of those that are there. */
export function* readPresent(tensors: (Tensor | null)[]): Reading<(Float32Array | null)[]> {
  const values = yield* read(tensors.filter((each) => each !== null));
  let next = 0;
  return tensors.map((each) => each && values[next++]!);
}

/** Runs to the end, reading synchronously. */
export function readSync<T>(reading: Reading<T>, whereItCannot: (error: unknown) => Error): T {
  let next = reading.next();
  while (!next.done) {
    let values: Float32Array[];
    try {
      values = next.value.map((tensor) => tensor.dataSync<'float32'>());
    } catch (error) {
      reading.return(undefined as never);
      throw whereItCannot(error);
    }
    next = reading.next(values);
  }
  return next.value;
}

/** Runs to the end, waiting for what the backend computes. */
export async function readAsync<T>(reading: Reading<T>): Promise<T> {
  let next = reading.next();
  while (!next.done) {
    const values = await Promise.all(next.value.map((tensor) => tensor.data<'float32'>())).catch((error: unknown) => {
      reading.return(undefined as never);
      throw error;
    });
    next = reading.next(values);
  }
  return next.value;
}
