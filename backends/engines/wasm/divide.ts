/** How a plan is divided among threads: into chunks of whole blocks of the outer dimension. */
import type {Plan} from './plan';

export interface Division {
  /** Blocks in each chunk; the last takes what is left over too, so that none has too few for a kernel. */
  blocks: number;
  /** How many chunks there are. */
  count: number;
}

/** There are never more chunks. A power of two. */
export const MOST_CHUNKS = 128;

/** Handing over a chunk takes up to a microsecond. */
const SHORTEST_CHUNK_NS = 6_000;
/** Nobody waits longer than this for the last chunk of another thread, where rows are not longer themselves. */
const LONGEST_CHUNK_NS = 5_000_000;
/** Chunks for each thread: with two of them, a thread that comes late leaves the others waiting; more cost more. */
const CHUNKS_PER_THREAD = 4;

/** For so many threads. What a row comes out as does not depend on the division; a total does. */
export function divisionFor(plan: Plan, threads: number): Division {
  if (plan.outPerBlock === 0) return divisionOfTotal(plan);
  const ns = plan.ns / (CHUNKS_PER_THREAD * threads);
  return divide(plan, Math.min(Math.max(ns, SHORTEST_CHUNK_NS), LONGEST_CHUNK_NS), MOST_CHUNKS);
}

/** What parts a total is summed of, in order: the same for any number of threads, so that it comes out the same. */
const PART_OF_TOTAL_NS = 30_000;
const MOST_PARTS_OF_TOTAL = 64;

/** For a plan whose result is one number. */
export function divisionOfTotal(plan: Plan): Division {
  return divide(plan, PART_OF_TOTAL_NS, MOST_PARTS_OF_TOTAL);
}

function divide({rows: {outer}, ns}: Plan, chunkNs: number, most: number): Division {
  const blocks = Math.ceil(Math.max((outer * chunkNs) / ns, outer / most));
  return {blocks, count: Math.max(1, Math.floor(outer / blocks))};
}

/** A total, of its parts in order. */
export function sumOf(parts: Float32Array): number {
  let sum = 0;
  for (const part of parts) sum += part;
  return sum;
}
