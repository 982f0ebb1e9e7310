import * as tf from '@tensorflow/tfjs-core';

export const PIXELS = 28 * 28;
export const CLASSES = 10;

/** Handwritten digits: images [count, 784] with ink in [0, 1], and labels [count, 10] one-hot. */
export interface Digits {
  count: number;
  images: tf.Tensor2D;
  labels: tf.Tensor2D;
}

/** The pixels of all samples of each digit, one after the other, as the package `mnist` has them. */
export type RawDigits = ArrayLike<number>[];

/** Shuffles the samples, the same way in every run, and splits them into training and test sets. */
export function split(raw: RawDigits, testCount: number): {train: Digits; test: Digits} {
  const samples = raw.flatMap((pixels, digit) =>
    Array.from({length: Math.floor(pixels.length / PIXELS)}, (_, i) => ({digit, start: i * PIXELS})),
  );
  samples.sort((a, b) => hash(a.digit, a.start) - hash(b.digit, b.start));
  const digitsOf = (chosen: typeof samples): Digits => {
    const images = new Float32Array(chosen.length * PIXELS);
    const labels = new Float32Array(chosen.length * CLASSES);
    chosen.forEach(({digit, start}, row) => {
      const pixels = raw[digit]!;
      for (let i = 0; i < PIXELS; i++) images[row * PIXELS + i] = pixels[start + i]!;
      labels[row * CLASSES + digit] = 1;
    });
    return {
      count: chosen.length,
      images: tf.tensor2d(images, [chosen.length, PIXELS]),
      labels: tf.tensor2d(labels, [chosen.length, CLASSES]),
    };
  };
  return {train: digitsOf(samples.slice(testCount)), test: digitsOf(samples.slice(0, testCount))};
}

/** Scatters neighbours: a multiplicative hash. */
function hash(digit: number, start: number): number {
  return Math.imul(start / PIXELS + 1, 0x9e3779b1) ^ Math.imul(digit + 1, 0x85ebca6b);
}
