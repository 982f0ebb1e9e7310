/** How a plan is divided among threads: into chunks of whole blocks of the outer dimension. */
import {type Caller, launch, type Plan} from './plan';

/** From here on other threads that are awake are worth their coming, in nanoseconds of work; below, handing over costs more. */
export const WORTH_SHARING_NS = 12_000;

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

export type Addresses = readonly [x: number, out: number, second: number, third: number];

/** Where chunk number `chunk`, from block `o` on, has its parts. */
export function addressesOf(
  {rows, outPerBlock, secondPerBlock, thirdPerBlock}: Plan,
  [x, out, second, third]: Addresses,
  o: number,
  chunk: number,
): Addresses {
  return [
    x + 4 * o * rows.n * rows.inner,
    out + 4 * (outPerBlock > 0 ? o * outPerBlock : chunk),
    second + 4 * o * secondPerBlock,
    third + 4 * o * thirdPerBlock,
  ];
}

/** Executes the chunks of a plan one after the other on this thread: a total comes out as it does by several. */
export function launchInChunks(plan: Plan, call: Caller, addresses: Addresses, {blocks, count}: Division): void {
  for (let chunk = 0; chunk < count; chunk++) {
    const o = chunk * blocks;
    const size = chunk === count - 1 ? plan.rows.outer - o : blocks;
    launch(plan, call, ...addressesOf(plan, addresses, o, chunk), o, size);
  }
}
