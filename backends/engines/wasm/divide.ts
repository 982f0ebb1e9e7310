/**
 * How a plan is divided among threads: into chunks of whole blocks of the outer dimension; or of these too few, where the kernel
 * can, into columns of each block.
 */
import {type Caller, launch, type Plan, takesColumns} from './plan';

/** From here on other threads that are awake are worth their coming, in nanoseconds of work; below, handing over costs more. */
export const WORTH_SHARING_NS = 12_000;

export interface Division {
  /** Blocks in each chunk; the last chunk takes what is left over too, so that none has too few for a kernel. */
  blocks: number;
  /** Columns in each chunk, but for the last of a block. If these are not all, a chunk has one block. */
  columns: number;
  /** How many chunks there are. */
  count: number;
}

/** A part of a plan's rows: blocks from number `first` on, and columns of the inner dimension from `column` on. */
export interface Chunk {
  first: number;
  blocks: number;
  column: number;
  columns: number;
}

/** There are never more chunks. A power of two. */
export const MOST_CHUNKS = 128;

/** Handing over a chunk takes up to a microsecond. */
const SHORTEST_CHUNK_NS = 6_000;
/** Nobody waits longer than this for the last chunk of another thread, where rows are not longer themselves. */
const LONGEST_CHUNK_NS = 5_000_000;
/** Chunks for each thread: with two of them, a thread that comes late leaves the others waiting; more cost more. */
const CHUNKS_PER_THREAD = 4;

/** Columns come in groups that fill cache lines. */
const COLUMNS_AT_A_TIME = 64;
/** The kernels of strided rows take no fewer columns. */
const FEWEST_COLUMNS = 4;

/** For so many threads. What a row comes out as does not depend on the division; a total does. */
export function divisionFor(plan: Plan, threads: number): Division {
  if (plan.outPerBlock === 0) return divisionOfTotal(plan);
  const {outer, inner} = plan.rows;
  const ns = plan.ns / (CHUNKS_PER_THREAD * threads);
  const chunkNs = Math.min(Math.max(ns, SHORTEST_CHUNK_NS), LONGEST_CHUNK_NS);
  const perBlock = Math.floor(Math.min(plan.ns / chunkNs, MOST_CHUNKS) / outer);
  if (perBlock < 2 || inner < 2 * COLUMNS_AT_A_TIME || !takesColumns(plan)) return divide(plan, chunkNs, MOST_CHUNKS);
  const columns = COLUMNS_AT_A_TIME * Math.ceil(inner / perBlock / COLUMNS_AT_A_TIME);
  return {blocks: 1, columns, count: outer * Math.ceil((inner - FEWEST_COLUMNS + 1) / columns)};
}

/** What parts a total is summed of, in order: the same for any number of threads, so that it comes out the same. */
const PART_OF_TOTAL_NS = 30_000;
const MOST_PARTS_OF_TOTAL = 64;

/** For a plan whose result is one number. */
export function divisionOfTotal(plan: Plan): Division {
  return divide(plan, PART_OF_TOTAL_NS, MOST_PARTS_OF_TOTAL);
}

function divide({rows: {outer, inner}, ns}: Plan, chunkNs: number, most: number): Division {
  const blocks = Math.ceil(Math.max((outer * chunkNs) / ns, outer / most));
  return {blocks, columns: inner, count: Math.max(1, Math.floor(outer / blocks))};
}

export function chunkOf({rows: {outer, inner}}: Plan, {blocks, columns, count}: Division, number: number): Chunk {
  if (columns === inner) {
    const first = number * blocks;
    return {first, blocks: number === count - 1 ? outer - first : blocks, column: 0, columns};
  }
  const parts = count / outer;
  const column = (number % parts) * columns;
  const isLast = number % parts === parts - 1;
  return {first: Math.floor(number / parts), blocks: 1, column, columns: isLast ? inner - column : columns};
}

/** A total, of its parts in order. */
export function sumOf(parts: Float32Array): number {
  let sum = 0;
  for (const part of parts) sum += part;
  return sum;
}

export type Addresses = readonly [x: number, out: number, second: number, third: number];

/** Where a chunk, of that number, has its parts. */
export function addressesOf(
  {rows, outPerBlock, secondPerBlock, thirdPerBlock}: Plan,
  [x, out, second, third]: Addresses,
  {first, column}: Chunk,
  number: number,
): Addresses {
  return [
    x + 4 * (first * rows.n * rows.inner + column),
    out + 4 * (outPerBlock > 0 ? first * outPerBlock + column : number),
    second + 4 * (first * secondPerBlock + column),
    third + 4 * first * thirdPerBlock,
  ];
}

/** Executes the chunks of a plan one after the other on this thread: a total comes out as it does by several. */
export function launchInChunks(plan: Plan, call: Caller, addresses: Addresses, division: Division): void {
  for (let number = 0; number < division.count; number++) {
    const chunk = chunkOf(plan, division, number);
    launch(plan, call, ...addressesOf(plan, addresses, chunk, number), chunk.first, chunk.blocks, chunk.columns);
  }
}
