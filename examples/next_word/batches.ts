import {type Batch, CONTEXT} from './model';
import type {Text} from './text';

/** The last words of the book are for the test. */
const HELD_OUT = 1000;

/** Batches of words from all over the book, the same in every run. */
export function* batches(
  {tokens}: Text,
  {samples, epochs, batchSize}: {samples: number; epochs: number; batchSize: number},
): Generator<Batch> {
  const places = tokens.length - HELD_OUT - CONTEXT;
  // Steps of the golden section scatter them, and meet a place again only after all others.
  const stride = coprime(Math.round(places * 0.618034), places);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let first = 0; first < samples; first += batchSize) {
      const count = Math.min(batchSize, samples - first);
      yield batch(
        tokens,
        Array.from({length: count}, (_, i) => ((first + i) * stride) % places),
      );
    }
  }
}

/** The words at the end of the book, which no training sees. */
export function heldOut({tokens}: Text): Batch {
  return batch(
    tokens,
    Array.from({length: HELD_OUT}, (_, i) => tokens.length - HELD_OUT - CONTEXT + i),
  );
}

function batch(tokens: Int32Array, places: number[]): Batch {
  return {
    contexts: Int32Array.from(places.flatMap((place) => [...tokens.subarray(place, place + CONTEXT)])),
    next: Int32Array.from(places, (place) => tokens[place + CONTEXT]!),
  };
}

function coprime(near: number, to: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return divisor(near, to) === 1 ? near : coprime(near + 1, to);
}
