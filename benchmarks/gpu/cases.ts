import type {Rows} from '../../backends/engines/types';
import type {Shape} from '../../backends/webgpu/plan';

export interface Case {
  shape: number[];
  axis: number;
  /** Measured as every op beside stock's, or only as softmax. */
  all: boolean;
  /** Whether plans are tried for products too, which read two tensors. */
  products?: boolean;
}

const last = (all: boolean, ...shape: number[]): Case => ({shape, axis: shape.length - 1, all});

/** Short rows, a classifier's, a vocabulary's, few and long ones, more than a cache holds; then other axes than the last. */
export const CASES: Case[] = [
  {...last(true, 64, 1000), products: true},
  last(true, 64, 1009),
  last(true, 1024, 128),
  last(true, 4096, 8),
  {...last(true, 65536, 21), products: true},
  last(true, 1, 50257),
  last(true, 1, 50256),
  last(true, 128, 32000),
  {...last(true, 4096, 1024), products: true},
  last(true, 4096, 4096),
  {...last(true, 8192, 4096), products: true},
  {...last(true, 1024, 50256), products: true},
  last(false, 1024, 50257),
  last(false, 256, 1000),
  last(false, 2048, 8192),
  last(false, 1024, 16384),
  last(false, 32, 32000),
  last(false, 16384, 1024),
  last(false, 32768, 4096),
  last(false, 131072, 1024),
  last(false, 262144, 128),
  last(false, 1048576, 20),
  last(false, 1048576, 64),
  last(false, 16, 1000000),
  last(false, 1, 1000000),
  {shape: [32, 81, 1083], axis: 1, all: true},
  {shape: [8, 21, 66049], axis: 1, all: false},
  {shape: [1000, 1000], axis: 0, all: false},
  {shape: [64, 1000, 64], axis: 1, all: false},
  {shape: [50257, 8], axis: 0, all: false},
];

/** To see that the program runs, where there is no GPU. */
export const TINY: Case[] = [
  {...last(true, 4, 100), products: true},
  last(true, 2, 33),
  last(false, 2, 20000),
  {shape: [2, 30, 5], axis: 1, all: true},
];

/** What could serve these rows: how many threads a row, how many rows a workgroup; held, walked along or split. */
export function shapesFor({outer, n, inner}: Rows, most: number): Shape[] {
  const vector = inner === 1 && n % 4 === 0 ? 4 : 1;
  const vectors = n / vector;
  const registers = [1, 2, 4, 8, 16];
  const shapes: Shape[] = [];
  for (const size of [64, 128, 256].filter((s) => s <= most)) {
    for (let threads = 1; threads <= size; threads *= 2) {
      const rows = size / threads;
      if (rows > 1 && rows > 2 * outer * inner) continue;
      if (inner > 1 && rows > 2 ** Math.ceil(Math.log2(inner)) && threads < size) continue;
      const held = registers.find((u) => u * threads >= vectors);
      if (held && threads < 2 * vectors) {
        shapes.push({vector, rows, threads, held});
      } else if (vectors > threads * 4 && (inner > 1 ? threads <= 16 : threads >= 64)) {
        shapes.push({vector, rows, threads, held: 0});
      }
      const few = (outer * inner) / rows < 4096;
      if (n >= 4096 && few && (rows === 1 || inner > 1)) {
        for (const u of registers.filter((r) => r >= 4 && r * threads * 2 <= vectors && r * threads * vector >= 1024)) {
          shapes.push({vector, rows, threads, held: u, split: true});
        }
      }
    }
  }
  return shapes;
}
