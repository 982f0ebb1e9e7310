/** Plans executed on typed arrays by several threads, by way of a shared memory to which all of a tensor is copied. */
import {divisionFor} from './chunks';
import {sumOf, WORTH_SHARING_NS} from './divide';
import {kernelsOn} from './module';
import type {Plan} from './plan';
import {hasRoomFor, type Values} from './staging';
import {threadsAsked} from './thread_count';
import {nodeHost} from './thread_host';
import {Threads} from './threads';

/** What the memory may grow to, which it keeps. */
const MOST_BYTES = 1 << 28;
const PAGE = 1 << 16;
/**
 * On fewer, one thread by way of staging.ts is as fast: there tensors pass through in chunks that stay in the cache, and here
 * they are copied to memory and back. With two busy cores it took 0.55 to 0.9 of the time.
 */
const FEWEST_CORES = 4;
/** More threads add little: memory is what holds them up. */
const MOST_BY_DEFAULT = 8;
/** Tensors begin at multiples of this. */
const ALIGNMENT = 64;

interface Workplace {
  memory: WebAssembly.Memory;
  threads: Threads;
}

/** Null where it cannot be had, undefined before it is first needed. */
let workplace: Workplace | null | undefined;

/**
 * Executes a plan on all threads.
 *
 * @param outOffset how many bytes beyond a multiple of 64 the result is to begin
 * @returns the result in the shared memory, good until the next call; null where no other thread is to take part, and without
 *   a shared memory or room in it
 */
export function runOnThreads(
  plan: Plan,
  x: Float32Array,
  second: Values | null,
  third: Values | null,
  outOffset: number,
): Float32Array | null {
  const count = countHere();
  if (workplace && (workplace.threads.busy || workplace.threads.count !== count)) {
    workplace.threads.stop();
    workplace = undefined;
  }
  if (count < 2) return null;
  const division = divisionFor(plan, count);
  const size = plan.rows.outer * plan.outPerBlock;
  const inputs = [x, second, third];
  let bytes = 0;
  const reserve = (length: number) => {
    const start = bytes;
    bytes += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    return start;
  };
  const at = inputs.map((values) => reserve(values?.byteLength ?? 0));
  const out = reserve(4 * (size || division.count) + outOffset) + outOffset;
  const room = workplaceWith(bytes, count);
  if (!room) return null;
  const {memory, threads} = room;
  const {awake, wake} = threads.helpersFor(Math.max(plan.ns, WORTH_SHARING_NS));
  if (awake + wake === 0) return null;
  const {buffer} = memory;
  const perBlock = [plan.rows.n * plan.rows.inner, plan.secondPerBlock, plan.thirdPerBlock];
  inputs.forEach((values, i) => {
    if (values && !perBlock[i]) copyIn(values, buffer, at[i]!);
  });
  const addresses = [at[0]!, out, second ? at[1]! : 0, third ? at[2]! : 0] as const;
  const isDone = threads.run(plan, addresses, division, wake, (first, blocks) => {
    inputs.forEach((values, i) => {
      const [from, to] = [first * perBlock[i]!, (first + blocks) * perBlock[i]!];
      if (to > 0) copyIn(values!.subarray(from, to), buffer, at[i]! + 4 * from);
    });
  });
  if (!isDone) {
    workplace = null; // a thread may still write to this memory
    return null;
  }
  if (size > 0) return new Float32Array(buffer, out, size);
  return Float32Array.of(sumOf(new Float32Array(buffer, out, division.count)));
}

/** How many threads execute, this one too: 1 where it is alone. Starts nothing. */
export function stagingThreads(): number {
  return workplace === null ? 1 : countHere();
}

/** For tests: the next call asks for memory and threads anew, also where they could not be had. */
export function resetSharedStaging(): void {
  workplace?.threads.stop();
  workplace = undefined;
}

/** The threads, once there are others than this one. */
export function poolOfStaging(): Threads | undefined {
  return workplace?.threads;
}

/** Whether there are threads; starts them. */
export function hasThreads(): boolean {
  const count = countHere();
  return count > 1 && workplaceWith(0, count) !== null;
}

/** A memory of so many bytes, and threads that are free. */
function workplaceWith(bytes: number, count: number): Workplace | null {
  if (workplace === undefined) workplace = setUp(count);
  return workplace && hasRoomFor(bytes, workplace.memory) ? workplace : null;
}

function countHere(): number {
  const cores = nodeHost()?.parallelism ?? 1;
  return threadsAsked() ?? (cores < FEWEST_CORES ? 1 : Math.min(cores, MOST_BY_DEFAULT));
}

function setUp(count: number): Workplace | null {
  const host = nodeHost();
  if (!host) return null;
  try {
    const memory = new WebAssembly.Memory({initial: 1, maximum: MOST_BYTES / PAGE, shared: true});
    const threads = new Threads(kernelsOn(memory), host, count);
    threads.start();
    return {memory, threads};
  } catch {
    return null;
  }
}

/** In shared memory Node's `fill` is three times as fast as a typed array's `set`. A bare node:vm context has no Buffer. */
function copyIn({buffer, byteOffset, byteLength}: Values, to: ArrayBufferLike, at: number): void {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  if (typeof Buffer === 'undefined') new Uint8Array(to, at, byteLength).set(bytes);
  else Buffer.from(to, at, byteLength).fill(bytes);
}
