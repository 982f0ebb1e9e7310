/**
 * How a plan is divided among threads: into chunks of whole blocks of the outer dimension; or of these too few, where the kernel
 * can, into columns of each block.
 */
import {type Addresses, firstOf, partsOfTotal} from './divide';
import type {Plan} from './plan';

export interface Division {
  /** How many chunks there are. */
  count: number;
  /** How many parts the columns of each block are divided into; if more than one, a chunk is one of these. */
  parts: number;
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
const SHORTEST_CHUNK_NS = 4_000;
/** Nobody waits longer than this for the last chunk of another thread, where rows are not longer themselves. */
const LONGEST_CHUNK_NS = 5_000_000;
/** Chunks for each thread: with two of them, a thread that comes late leaves the others waiting; more cost more. */
const CHUNKS_PER_THREAD = 4;
/** Columns are divided in groups that fill cache lines. */
const COLUMNS_AT_A_TIME = 64;

/** Not the gathered rows of products and losses. */
const TAKES_COLUMNS = /StridedRows|^(softmax|logSoftmax|logSumExp)GatheredRows/;

/** For so many threads. What a row comes out as does not depend on the division; a total does. */
export function divisionFor(plan: Plan, threads: number): Division {
  if (plan.outPerBlock === 0) return {count: partsOfTotal(plan), parts: 1};
  const {kernel, ns, rows} = plan;
  const {outer, inner} = rows;
  const most = Math.min(ns / SHORTEST_CHUNK_NS, MOST_CHUNKS);
  const chunks = Math.min(Math.max(CHUNKS_PER_THREAD * threads, ns / LONGEST_CHUNK_NS), most);
  // As many for each thread, if each has one.
  const count = chunks > threads ? threads * Math.floor(chunks / threads) : Math.floor(chunks);
  const parts = TAKES_COLUMNS.test(kernel) ? Math.floor(Math.min(count / outer, inner / COLUMNS_AT_A_TIME)) : 1;
  return parts > 1 ? {count: parts * outer, parts} : {count: Math.min(Math.max(count, 1), outer), parts: 1};
}

/** Chunks differ in size by one block at most, or by two groups of columns. */
export function chunkOf({rows}: Plan, {count, parts}: Division, number: number): Chunk {
  const {inner} = rows;
  if (parts === 1) {
    const first = firstOf(number, count, rows);
    return {first, blocks: firstOf(number + 1, count, rows) - first, column: 0, columns: inner};
  }
  const part = number % parts;
  const groups = Math.floor(inner / COLUMNS_AT_A_TIME);
  const column = COLUMNS_AT_A_TIME * Math.floor((part * groups) / parts);
  const end = part + 1 < parts ? COLUMNS_AT_A_TIME * Math.floor(((part + 1) * groups) / parts) : inner;
  return {first: Math.floor(number / parts), blocks: 1, column, columns: end - column};
}

/** Where a chunk, of that number, has its parts; a mask is given as a whole, and what is absent stays 0. */
export function addressesOf(
  {rows, mask, outPerBlock, secondPerBlock, thirdPerBlock}: Plan,
  [x, out, second, third]: Addresses,
  {first, column}: Chunk,
  number: number,
): Addresses {
  return [
    x + 4 * (first * rows.n * rows.inner + column),
    out + 4 * (outPerBlock > 0 ? first * outPerBlock + column : number),
    mask || second === 0 ? second : second + 4 * (first * secondPerBlock + column),
    third + 4 * first * thirdPerBlock,
  ];
}
