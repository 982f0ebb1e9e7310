import {Random} from './random';

/** Logits that are hard to get right, as data: any host can run them. */
export interface LogitsCase {
  name: string;
  shape: number[];
  axis: number;
  scale: number;
  values: Float32Array;
}

type Fill = (random: Random, column: number, row: number) => number;

function rows(name: string, outer: number, n: number, fill: Fill, scale = 1): LogitsCase {
  const random = new Random(n * 31 + outer);
  const values = new Float32Array(outer * n);
  for (let i = 0; i < values.length; i++) values[i] = fill(random, i % n, Math.floor(i / n));
  return {name, shape: [outer, n], axis: -1, scale, values};
}

const LARGEST = 3.4028234663852886e38;

/** The adversarial set of the accuracy bounds. */
export const ADVERSARIAL: LogitsCase[] = [
  rows('uniform on (-10, 10)', 8, 1000, (r) => r.uniform(-10, 10)),
  rows('uniform on (-50, 50)', 8, 1000, (r) => r.uniform(-50, 50)),
  rows('uniform on (-1000, 1000)', 8, 1000, (r) => r.uniform(-1000, 1000)),
  rows('in [90, 100]: e^x overflows', 8, 257, (r) => r.uniform(90, 100)),
  rows('offset 1e4', 4, 1000, (r) => 1e4 + r.normal(3)),
  rows('offset -1e4', 4, 1000, (r) => -1e4 + r.normal(3)),
  rows('offset 1e6', 4, 1000, (r) => 1e6 + r.normal(3)),
  rows('offset -1e6', 4, 1000, (r) => -1e6 + r.normal(3)),
  rows('maximum just below and above 208', 8, 333, (r, j, i) => (j === 7 ? 207.9 + i * 0.05 : r.uniform(100, 207))),
  rows('one at 30 among fifteen in (0, 1)', 64, 16, (r, j, i) => (j === i % 16 ? 30 : r.uniform(0, 1))),
  rows('one at 80 among 999 in (0, 1)', 4, 1000, (r, j) => (j === 500 ? 80 : r.uniform(0, 1))),
  rows('confident by degrees', 40, 10, (r, j, i) => (j === 3 ? i : r.uniform(-1, 0))),
  rows('one neighbour of the maximum', 600, 64, (_, j, i) => (j === 5 ? 0 : j === 50 ? -i / 32 : -150)),
  rows('two classes', 64, 2, (r) => r.uniform(-30, 30)),
  rows('two near classes', 64, 2, (r, j) => (j === 0 ? 1 : 1 + r.normal(1e-6))),
  rows('ties on whole numbers', 16, 100, (r) => r.integer(-3, 3)),
  rows('tied maxima above the rest', 16, 50, (r, j) => (j % 7 === 0 ? 25 : r.uniform(-5, 5))),
  rows('all equal', 4, 1001, () => 3.25),
  rows('128256 normal, sigma 3', 1, 128256, (r) => r.normal(3)),
  rows('50257 uniform on (0, 8)', 1, 50257, (r) => r.uniform(0, 8)),
  rows('confident in a vocabulary', 1, 50257, (r, j) => (j === 40000 ? 35 : r.normal(2))),
  rows('causal -Infinity mask', 33, 33, (r, j, i) => (j > i ? Number.NEGATIVE_INFINITY : r.normal(4))),
  rows('random -Infinity mask', 8, 517, (r) => (r.uniform() < 0.5 ? Number.NEGATIVE_INFINITY : r.normal(4))),
  rows('-1e9 mask', 8, 517, (r, j) => (j !== 3 && r.uniform() < 0.5 ? -1e9 : r.normal(4))),
  rows('finfo.min mask', 8, 517, (r, j) => (j !== 3 && r.uniform() < 0.5 ? -LARGEST : r.normal(4))),
  rows('mixed magnitudes', 32, 100, (r) => (r.uniform() < 0.5 ? -1 : 1) * 10 ** r.uniform(-8, 4)),
  rows('mixed magnitudes, all negative', 32, 100, (r) => -(10 ** r.uniform(-8, 8))),
  rows('tiny and subnormal', 8, 100, (r) => r.normal(1) * 10 ** r.uniform(-44, -30)),
  rows('below -1e30', 4, 100, (r) => -(10 ** r.uniform(30, 38))),
  rows('a row of -1e30', 2, 9, () => -1e30),
  rows('a row of -3.4e38', 2, 9, () => -LARGEST),
  rows('largest floats of both signs', 4, 9, (r) => (r.uniform() < 0.5 ? -LARGEST : LARGEST)),
  ...Array.from({length: 36}, (_, i) => rows(`rows of ${i + 1}`, 13, i + 1, (r) => r.normal(5))),
  rows('prime 1009', 5, 1009, (r) => r.normal(3)),
  rows('many rows of 8', 4099, 8, (r) => r.normal(3)),
  rows('many rows of 21', 1031, 21, (r) => r.normal(3)),
];

/** A scale that is fused: powers of two, attention's 1/√d, hot, cold, negative, overflowing in float32, and none. */
export const SCALED: LogitsCase[] = [
  ...[0.125, 1 / Math.sqrt(80), 0.1, 3.7, 100, -1, -2.5, 1e-4, 0].map((scale) =>
    rows(`scale ${scale}`, 6, 301, (r) => r.normal(20), scale),
  ),
  rows('scale 0.3 with a mask', 6, 301, (r, j) => (j % 5 === 4 ? Number.NEGATIVE_INFINITY : r.normal(20)), 0.3),
  rows('scale 8 of floats near the largest', 4, 33, (r) => r.uniform(0.5, 1) * LARGEST, 8),
  rows('scale 1e-37 of floats near the largest', 4, 33, (r) => r.uniform(-1, 1) * LARGEST, 1e-37),
];

/** Scales near the largest float and beyond 2^126; products, which are multiplied by them, overflow. */
export const HUGELY_SCALED: LogitsCase[] = [
  // No difference is subnormal, nor has more than a few bits: GPUs take what is subnormal for 0.
  rows('scale 3e38 of small differences', 4, 33, (_, j, i) => ((j * 7 + i) % 33) * 2 ** -125, 3e38),
  rows('scale -2e38 of integers', 4, 33, (r) => Math.floor(r.uniform(-2, 2)), -2e38),
  rows('scale 1e60 of smaller differences', 4, 33, (r) => 1e-30 * Math.floor(r.uniform(-2, 2)), 1e60),
];
