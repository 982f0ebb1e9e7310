/**
 * Threads that share the calls of a kernel, as TensorFlow's own share the rows of a tensor.
 *
 * All calls are numbered through, and written down in a ring: NEXT is the next to be taken, END is one past the last that
 * may be, FINISHED counts for each slot. A call is written down before END moves on, and overwritten only after all of
 * its slot are finished: so whoever takes a number below END finds its call. This thread takes calls too: on a busy
 * machine nothing waits for a thread that gets no processor.
 */
import type {KernelName} from '../wasm/choose';
import type {Kernels} from '../wasm/module';

/** A kernel's name and its arguments. */
export type Call = [KernelName, ...number[]];

/** Calls are submitted by slot, and waited for by slot. */
export const SLOTS = 2;
/** What a slot can take. */
export const MOST_CALLS = 128;

const [NEXT, END, FINISHED] = [0, 1, 2];
const RING = SLOTS * MOST_CALLS;
/** The slot, the kernel, the number of arguments and the arguments. */
const FIELDS = 10;

/** More add nothing: memory is what holds them up. */
const MOST_THREADS = 8;

/** The other threads' program, as text since no bundler may rewrite it. */
const PROGRAM = `
  const {memory, module, counters, ring} = require('node:worker_threads').workerData;
  const kernels = Object.values(new WebAssembly.Instance(module, {env: {memory}}).exports);
  for (;;) {
    const number = Atomics.load(counters, ${NEXT});
    const end = Atomics.load(counters, ${END});
    if (number === end) Atomics.wait(counters, ${END}, end);
    else if (Atomics.compareExchange(counters, ${NEXT}, number, (number + 1) | 0) === number) {
      const at = (number & ${RING - 1}) * ${FIELDS};
      const [slot, kernel, length] = ring.subarray(at, at + 3);
      kernels[kernel](...ring.subarray(at + 3, at + 3 + length));
      Atomics.add(counters, ${FINISHED} + slot, 1);
      Atomics.notify(counters, ${FINISHED} + slot);
    }
  }
`;

/** Threads with kernels on one shared memory. They start in the background and do not keep the process alive. */
export class Threads {
  /** This thread too. */
  readonly count: number;
  /** Calls so far, and those of them that this thread took itself. */
  submitted = 0;
  own = 0;
  private readonly counters = new Int32Array(new SharedArrayBuffer((FINISHED + SLOTS) * Int32Array.BYTES_PER_ELEMENT));
  private readonly ring = new Float64Array(new SharedArrayBuffer(RING * FIELDS * Float64Array.BYTES_PER_ELEMENT));
  private readonly names: string[];
  private readonly pending = new Int32Array(SLOTS);

  constructor(
    private readonly kernels: Kernels,
    memory: WebAssembly.Memory,
  ) {
    this.names = Object.keys(kernels.exports);
    // Node has had this since 20.16, and other hosts are not to stumble over an import.
    const node = globalThis.process?.getBuiltinModule;
    this.count = node ? Math.min(node('node:os').availableParallelism(), MOST_THREADS) : 1;
    const {counters, ring} = this;
    for (let i = 1; i < this.count; i++) {
      const {Worker} = node('node:worker_threads');
      const workerData = {memory, module: kernels.module, counters, ring};
      const worker = new Worker(PROGRAM, {eval: true, execArgv: [], workerData});
      worker.on('error', () => {}); // one that cannot start leaves the work to the others
      worker.unref();
    }
  }

  /** Hands over the calls of a slot, all of whose former calls are finished. */
  submit(slot: number, calls: Call[]): void {
    const {counters} = this;
    let end = Atomics.load(counters, END);
    for (const [kernel, ...values] of calls) {
      this.ring.set([slot, this.names.indexOf(kernel), values.length, ...values], (end & (RING - 1)) * FIELDS);
      end = (end + 1) | 0;
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
    const {counters, ring} = this;
    const number = this.take();
    if (number !== null) {
      const at = (number & (RING - 1)) * FIELDS;
      const [itsSlot, kernel, length] = ring.subarray(at, at + 3);
      const call = this.kernels.exports[this.names[kernel!]!] as (...values: number[]) => void;
      call(...ring.subarray(at + 3, at + 3 + length!));
      Atomics.add(counters, FINISHED + itsSlot!, 1);
      this.own++;
      return;
    }
    const place = FINISHED + slot;
    for (let done = Atomics.load(counters, place); done !== this.pending[slot]; done = Atomics.load(counters, place)) {
      Atomics.wait(counters, place, done);
    }
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
