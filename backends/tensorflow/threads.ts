/**
 * Threads that share the calls of kernels, as TensorFlow's own share the rows of a tensor.
 *
 * All calls are numbered through, and written down in a ring: NEXT is the next to be taken, END is one past the last that
 * may be, FINISHED counts for each slot. A call is written down before END moves on, and overwritten only after all of
 * its slot are finished: so whoever takes a number below END finds its call. This thread takes calls too: on a busy
 * machine what no other thread has begun does not wait for one.
 */

import type {Kernels} from '../engines/wasm/module';
import type {KernelName} from '../engines/wasm/variants';

/** Kernels by name with their arguments, one after the other. */
export type Call = [KernelName, ...number[]][];

/** Calls are submitted by slot, and waited for by slot. */
export const SLOTS = 2;
/** What a slot can take: calls, and kernels in them all. */
export const MOST_CALLS = 128;
export const MOST_KERNELS = 4 * MOST_CALLS;

const [NEXT, END, FINISHED] = [0, 1, 2];
/** For each call in the ring, a power of two: its slot, and where its kernels are written down. */
const RING = SLOTS * MOST_CALLS;
const FIELDS = 2;
/** For each call the number of kernels; for each of these a number, how many arguments, and the arguments. */
const MOST_ARGUMENTS = 16;
const PROGRAM = MOST_CALLS + MOST_KERNELS * (2 + MOST_ARGUMENTS);

/** More add nothing: memory is what holds them up. */
const MOST_THREADS = 8;

/** The other threads' program, as text since no bundler may rewrite it. `runCall` is the one below. */
const TEXT = `
  const {memory, module, counters, ring, programs} = require('node:worker_threads').workerData;
  const kernels = Object.values(new WebAssembly.Instance(module, {env: {memory}}).exports);

  function runCall(at) {
    for (let left = programs[at++]; left > 0; left--) {
      const length = programs[at + 1];
      kernels[programs[at]](...programs.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }

  for (;;) {
    const number = Atomics.load(counters, ${NEXT});
    const end = Atomics.load(counters, ${END});
    if (number === end) Atomics.wait(counters, ${END}, end);
    else if (Atomics.compareExchange(counters, ${NEXT}, number, (number + 1) | 0) === number) {
      const entry = (number & ${RING - 1}) * ${FIELDS};
      const place = ${FINISHED} + ring[entry];
      runCall(ring[entry + 1]);
      Atomics.add(counters, place, 1);
      Atomics.notify(counters, place);
    }
  }
`;

/** Threads with kernels on one shared memory. They start in the background and do not keep the process alive. */
export class Threads {
  /** Calls so far, and those of them that this thread took itself. */
  submitted = 0;
  own = 0;
  private readonly counters = new Int32Array(shared(Int32Array, FINISHED + SLOTS));
  private readonly ring = new Int32Array(shared(Int32Array, RING * FIELDS));
  private readonly programs = new Float64Array(shared(Float64Array, SLOTS * PROGRAM));
  private readonly kernels: ((...values: number[]) => void)[];
  private readonly numberOf: Map<string, number>;
  private readonly pending = new Int32Array(SLOTS);
  private readonly workers: {terminate(): unknown}[] = [];

  constructor(memory: WebAssembly.Memory, {module, exports}: Pick<Kernels, 'module' | 'exports'>) {
    const entries = Object.entries(exports);
    this.numberOf = new Map(entries.map(([name], number) => [name, number]));
    this.kernels = entries.map(([, kernel]) => kernel as () => void);
    // Node has had this since 20.16, and other hosts are not to stumble over an import.
    const node = globalThis.process?.getBuiltinModule;
    const count = node ? Math.min(node('node:os').availableParallelism(), MOST_THREADS) : 1;
    const {counters, ring, programs} = this;
    for (let i = 1; i < count; i++) {
      const {Worker} = node('node:worker_threads');
      const workerData = {memory, module, counters, ring, programs};
      const worker = new Worker(TEXT, {eval: true, execArgv: [], workerData});
      worker.on('error', () => {}); // one that cannot start leaves the work to the others
      worker.unref();
      this.workers.push(worker);
    }
  }

  /** How many there are, this one too. */
  get count(): number {
    return this.workers.length + 1;
  }

  /** Hands over the calls of a slot, all of whose former calls are finished. */
  submit(slot: number, calls: Call[]): void {
    const {counters} = this;
    let end = Atomics.load(counters, END);
    let at = slot * PROGRAM;
    for (const call of calls) {
      this.ring.set([slot, at], (end & (RING - 1)) * FIELDS);
      end = (end + 1) | 0;
      this.programs[at++] = call.length;
      for (const [kernel, ...values] of call) {
        this.programs.set([this.numberOf.get(kernel)!, values.length, ...values], at);
        at += 2 + values.length;
      }
    }
    this.pending[slot] = calls.length;
    this.submitted += calls.length;
    Atomics.store(counters, FINISHED + slot, 0);
    Atomics.store(counters, END, end);
    Atomics.notify(counters, END);
  }

  isFinished(slot: number): boolean {
    return Atomics.load(this.counters, FINISHED + slot) === this.pending[slot];
  }

  /** Takes one call, of whichever slot; if none is left to be taken, waits until those of this slot are finished. */
  help(slot: number): void {
    const {counters} = this;
    const number = this.take();
    if (number !== null) {
      const entry = (number & (RING - 1)) * FIELDS;
      const place = FINISHED + this.ring[entry]!;
      this.runCall(this.ring[entry + 1]!);
      Atomics.add(counters, place, 1);
      this.own++;
      return;
    }
    const place = FINISHED + slot;
    for (let done = Atomics.load(counters, place); done !== this.pending[slot]; done = Atomics.load(counters, place)) {
      Atomics.wait(counters, place, done);
    }
  }

  private runCall(start: number): void {
    const {programs} = this;
    let at = start;
    for (let left = programs[at++]!; left > 0; left--) {
      const length = programs[at + 1]!;
      this.kernels[programs[at]!]!(...programs.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }

  /** Ends the other threads, whatever they are at. */
  stop(): void {
    for (const worker of this.workers) worker.terminate();
  }

  /** The number of a call that is now ours, or null if there is none left. */
  private take(): number | null {
    const {counters} = this;
    const end = Atomics.load(counters, END); // only this thread moves it
    for (;;) {
      const number = Atomics.load(counters, NEXT);
      if (number === end) return null;
      if (Atomics.compareExchange(counters, NEXT, number, (number + 1) | 0) === number) return number;
    }
  }
}

function shared({BYTES_PER_ELEMENT}: {BYTES_PER_ELEMENT: number}, length: number): SharedArrayBuffer {
  return new SharedArrayBuffer(length * BYTES_PER_ELEMENT);
}
