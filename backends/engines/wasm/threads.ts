/**
 * Threads that execute a plan together: its rows are divided into chunks, and whoever is free takes the next one.
 *
 * The chunks of all jobs are numbered through. NEXT is the number to be taken next, END is one past the last that may be,
 * FINISHED counts chunks. A chunk's calls are written down before END moves on, and overwritten only after all chunks are
 * finished: so whoever takes a number below END finds its calls. The thread that asks takes chunks too: on a busy machine,
 * what no other thread has begun does not wait for one.
 */
import type {Kernels} from './module';
import {type Caller, launch, type Plan} from './plan';
import type {ThreadHost} from './thread_host';

/** Elements of a chunk: some 15 µs of work, beside which handing it over costs little. */
const CHUNK_ELEMENTS = 1 << 14;
/** A power of two. */
export const MOST_CHUNKS = 128;
const MOST_CALLS = 4 * MOST_CHUNKS;
/** More threads add nothing: memory is what holds them up. */
const MOST_THREADS = 8;

const [NEXT, END, FINISHED] = [0, 1, 2];
/** Of a call: the number of the kernel, and its arguments. */
const FIELDS = 13;

/** The other threads' program. `runChunk` is the one below. */
const PROGRAM = `({memory, module, counters, starts, calls}) => {
  const functions = Object.values(new WebAssembly.Instance(module, {env: {memory}}).exports);
  const runChunk = (number) => {
    const [start, end] = starts.subarray(2 * (number & ${MOST_CHUNKS - 1})).values();
    for (let at = start; at < end; at += ${FIELDS}) functions[calls[at]](...calls.subarray(at + 1, at + ${FIELDS}));
  };
  for (;;) {
    const number = Atomics.load(counters, ${NEXT});
    const end = Atomics.load(counters, ${END});
    if (number === end) Atomics.wait(counters, ${END}, end);
    else if (Atomics.compareExchange(counters, ${NEXT}, number, (number + 1) | 0) === number) {
      runChunk(number);
      Atomics.add(counters, ${FINISHED}, 1);
      Atomics.notify(counters, ${FINISHED});
    }
  }
}`;

export class Threads {
  /** Chunks so far, and those of them that this thread took itself. */
  submitted = 0;
  own = 0;
  /**
   * Whether a job is under way. If one still is when the next begins, it has failed or was cut off, as node:vm does after a
   * timeout and Node's prompt on Ctrl-C, without a `finally`. These threads are of no more use then.
   */
  busy = false;
  private readonly counters = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  /** Where the calls of a chunk begin and end in `calls`. */
  private readonly starts = new Int32Array(new SharedArrayBuffer(2 * MOST_CHUNKS * Int32Array.BYTES_PER_ELEMENT));
  private readonly calls = new Float64Array(
    new SharedArrayBuffer(MOST_CALLS * FIELDS * Float64Array.BYTES_PER_ELEMENT),
  );
  private readonly functions: ((...values: number[]) => void)[];
  private readonly numberOf: Map<string, number>;
  private readonly workers: {terminate(): unknown}[] = [];
  /** Up to where `calls` is taken. */
  private written = 0;

  /** @param kernels on a shared memory */
  constructor(
    private readonly kernels: Kernels,
    private readonly host: ThreadHost,
    count = Math.min(host.parallelism, MOST_THREADS),
  ) {
    const {memory, module, functions} = kernels;
    this.functions = Object.values(functions);
    this.numberOf = new Map(Object.keys(functions).map((name, number) => [name, number]));
    const {counters, starts, calls} = this;
    for (let i = 1; i < count; i++) {
      this.workers.push(host.start(PROGRAM, {memory, module, counters, starts, calls}));
    }
  }

  /** How many there are, this one too. */
  get count(): number {
    return this.workers.length + 1;
  }

  /**
   * Executes a plan. Its result does not depend on how many threads there are.
   *
   * @param x, out, second, third byte addresses; where the result is one number, `out` has room for MOST_CHUNKS
   * @param prepare is called before each chunk is handed out, to bring what it needs of the inputs: blocks of rows `first` to
   *   `first + blocks`. Meanwhile the other threads compute.
   * @returns how many numbers there are at `out` that make up such a result
   */
  run(
    plan: Plan,
    x: number,
    out: number,
    second: number,
    third: number,
    prepare?: (first: number, blocks: number) => void,
  ): number {
    const {rows, outPerBlock, secondPerBlock, thirdPerBlock} = plan;
    const xPerBlock = rows.n * rows.inner;
    const least = Math.max(Math.ceil(CHUNK_ELEMENTS / xPerBlock), Math.ceil(rows.outer / MOST_CHUNKS));
    const count = Math.max(1, Math.floor(rows.outer / least));
    this.busy = true;
    for (let chunk = 0; chunk < count; chunk++) {
      const o = chunk * least;
      // The last takes what is left over, so that none has too few rows.
      const blocks = chunk === count - 1 ? rows.outer - o : least;
      const addresses = [
        x + 4 * o * xPerBlock,
        out + 4 * (o * outPerBlock || chunk),
        second + 4 * o * secondPerBlock,
        third + 4 * o * thirdPerBlock,
      ] as const;
      prepare?.(o, blocks);
      if (this.submit(plan, addresses, o, blocks)) continue;
      this.finish();
      // Not even then, if a mask takes a call for every few elements.
      if (!this.submit(plan, addresses, o, blocks)) launch(plan, this.kernels.call, ...addresses, o, blocks);
    }
    this.finish();
    this.busy = false;
    return count;
  }

  /** Ends the other threads, whatever they are at. */
  stop(): void {
    for (const worker of this.workers) worker.terminate();
  }

  /** Writes down the calls of a chunk and lets it be taken. @returns whether there was room */
  private submit(plan: Plan, addresses: readonly [number, number, number, number], o: number, blocks: number): boolean {
    const counters = this.counters;
    const calls = this.calls;
    const start = this.written;
    let end = start;
    const writeCall: Caller = (kernel, x, out, outer, n, inner, scale, second, third, rest) => {
      if (end + FIELDS <= calls.length) {
        calls.set([this.numberOf.get(kernel)!, x, out, outer, n, inner, scale, second, third, ...rest], end);
      }
      end += FIELDS;
    };
    launch(plan, writeCall, ...addresses, o, blocks);
    if (end > calls.length) return false;
    const number = Atomics.load(counters, END); // only this thread moves it
    this.starts.set([start, end], 2 * (number & (MOST_CHUNKS - 1)));
    this.written = end;
    this.submitted++;
    Atomics.store(counters, END, (number + 1) | 0);
    Atomics.notify(counters, END, 1);
    return true;
  }

  /** Takes part, and waits for the others. */
  private finish(): void {
    const {counters} = this;
    const end = Atomics.load(counters, END);
    for (let number = this.take(end); number !== null; number = this.take(end)) {
      this.runChunk(number);
      Atomics.add(counters, FINISHED, 1);
      this.own++;
    }
    for (let done = Atomics.load(counters, FINISHED); done !== end; done = Atomics.load(counters, FINISHED)) {
      this.host.wait(counters, FINISHED, done);
    }
    this.written = 0;
  }

  /** The number of a chunk that is now ours, or null if none is left. */
  private take(end: number): number | null {
    const {counters} = this;
    for (;;) {
      const number = Atomics.load(counters, NEXT);
      if (number === end) return null;
      if (Atomics.compareExchange(counters, NEXT, number, (number + 1) | 0) === number) return number;
    }
  }

  private runChunk(number: number): void {
    const place = 2 * (number & (MOST_CHUNKS - 1));
    const end = this.starts[place + 1]!;
    for (let at = this.starts[place]!; at < end; at += FIELDS) {
      this.functions[this.calls[at]!]!(...this.calls.subarray(at + 1, at + FIELDS));
    }
  }
}
