/**
 * Noise that is a function of a seed and of where it is wanted, so that draws are the same on every backend, in whatever
 * order and by however many threads they are made: a counter-based generator, Philox4x32-10 (Salmon, Moraes, Dror & Shaw,
 * Parallel random numbers: as easy as 1, 2, 3, SC 2011).
 */
import type {Rows} from '../backends/engines/types';
import {mustBe} from './check';

/** 64 bits, the low ones first. */
export type Seed = readonly [number, number];

/**
 * The seed of a call; a fresh one where it is null.
 * @throws if it is no whole number that a double tells from its neighbours
 */
export function toSeed(op: string, seed: number | null): Seed {
  if (seed === null) return [Math.random() * 2 ** 32, Math.random() * 2 ** 32];
  if (Number.isSafeInteger(seed)) return [seed, Math.floor(seed / 2 ** 32)];
  throw mustBe(op, 'seed', 'a whole number from -(2^53 - 1) to 2^53 - 1', seed, 'Leave it out for fresh draws.');
}

/**
 * Standard Gumbel noise, -log(-log u), as [outer, n, inner]. That of an element depends on the seed, on the number of its row (outer ·
 * inner in order) and on its place in the row, and on nothing else.
 */
export function gumbelNoise(seed: Seed, {outer, n, inner}: Rows): Float32Array {
  const noise = new Float32Array(outer * n * inner);
  for (let row = 0; row < outer * inner; row++) {
    fillWithGumbels(noise, Math.floor(row / inner) * n * inner + (row % inner), inner, n, {seed, row, sample: 0}, 1);
  }
  return noise;
}

/** Which noise: that of one sample of a row. */
export interface Stream {
  seed: Seed;
  row: number;
  sample: number;
}

/** Writes `count` numbers of a stream, times a scale, from `at` on, so far apart. */
export function fillWithGumbels(
  values: Float32Array,
  at: number,
  stride: number,
  count: number,
  {seed, row, sample}: Stream,
  scale: number,
): void {
  const words = new Uint32Array(4);
  for (let j = 0; j < count; j++, at += stride) {
    if (j % 2 === 0) philox(words, j / 2, row, sample, 0, seed);
    const which = 2 * (j % 2);
    // Of 52 bits, between 0 and 1 and never either.
    const uniform = ((words[which]! >>> 6) * 2 ** 26 + (words[which + 1]! >>> 6) + 0.5) / 2 ** 52;
    values[at] = -Math.log(-Math.log(uniform)) * scale;
  }
}

/** Philox4x32-10: the counter (c0, c1, c2, c3) under that key, as four random words. */
export function philox(words: Uint32Array, c0: number, c1: number, c2: number, c3: number, [low, high]: Seed): void {
  let k0 = low | 0;
  let k1 = high | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = highWord(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    c0 = highWord(0xcd9e8d57, c2) ^ c1 ^ k0;
    c1 = Math.imul(0xcd9e8d57, c2);
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** The upper 32 of the 64 bits of a product of two words, by halves of 16 bits. */
function highWord(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return aHigh * bHigh + (middle >>> 16) + ((aLow * bHigh + (middle & 0xffff)) >>> 16);
}
