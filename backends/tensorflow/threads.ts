/**
 * Threads that divide the rows of a large tensor among them, as TensorFlow's own do.
 *
 * A job is cut into chunks, and the chunks of all jobs are numbered through: NEXT is the next to be taken, END is one past
 * the last of the current job, FINISHED counts. A job is written down before END moves on and not touched before all its
 * chunks are finished, so whoever takes a number below END finds its job. This thread takes chunks like the others: on a
 * busy machine nothing waits for a thread that gets no processor.
 */
import type {KernelName} from '../wasm/choose';
import type {Kernels} from '../wasm/module';

/** A kernel call that can be divided along its first dimension. */
export interface Job {
  kernel: KernelName;
  /** The byte address of each tensor and the distance of its outer rows, in the order of the kernel's arguments. */
  tensors: {address: number; stride: number}[];
  outer: number;
  n: number;
  inner: number;
  /** The kernel's last argument, scale or factor. */
  factor: number;
}

const [NEXT, END, FINISHED] = [0, 1, 2];

/** What a chunk has at least: some 30 µs of work, beside which taking it costs nothing. */
const CHUNK_ELEMENTS = 1 << 15;

/** More add nothing: memory is what holds them up. */
const MOST_THREADS = 8;

/** The other threads' program, as text since no bundler may rewrite it. `runChunk` is the one below. */
const PROGRAM = `
  const {memory, module, counters, job} = require('node:worker_threads').workerData;
  const kernels = Object.values(new WebAssembly.Instance(module, {env: {memory}}).exports);

  function runChunk(number) {
    const [kernel, first, count, chunk, outer, n, inner, factor, tensors] = job;
    const index = (number - first) | 0;
    const from = index * chunk;
    const rows = index === count - 1 ? outer - from : chunk;
    const addresses = [];
    for (let i = 0; i < tensors; i++) addresses.push(job[9 + 2 * i] + from * job[10 + 2 * i]);
    kernels[kernel](...addresses, rows, n, inner, factor);
    Atomics.add(counters, ${FINISHED}, 1);
    Atomics.notify(counters, ${FINISHED});
  }

  for (;;) {
    const number = Atomics.load(counters, ${NEXT});
    const end = Atomics.load(counters, ${END});
    if (number === end) Atomics.wait(counters, ${END}, end);
    else if (Atomics.compareExchange(counters, ${NEXT}, number, (number + 1) | 0) === number) runChunk(number);
  }
`;

/** Threads with kernels on one shared memory. They start in the background and do not keep the process alive. */
export class Threads {
  /** This thread too. */
  readonly count: number;
  /** Chunks that other threads have taken so far. */
  helped = 0;
  private readonly counters = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  private readonly job = new Float64Array(new SharedArrayBuffer(15 * Float64Array.BYTES_PER_ELEMENT));
  private readonly names: string[];

  constructor(
    private readonly kernels: Kernels,
    memory: WebAssembly.Memory,
  ) {
    this.names = Object.keys(kernels.exports);
    // Node has had this since 20.16, and other hosts are not to stumble over an import.
    const node = globalThis.process?.getBuiltinModule;
    this.count = node ? Math.min(node('node:os').availableParallelism(), MOST_THREADS) : 1;
    const {counters} = this;
    for (let i = 1; i < this.count; i++) {
      const {Worker} = node('node:worker_threads');
      const workerData = {memory, module: kernels.module, counters, job: this.job};
      const worker = new Worker(PROGRAM, {eval: true, execArgv: [], workerData});
      worker.on('error', () => {}); // one that cannot start leaves the work to the others
      worker.unref();
    }
  }

  /** Runs a job; returns when it is done. */
  run({kernel, tensors, outer, n, inner, factor}: Job): void {
    const chunk = Math.min(outer, Math.ceil(CHUNK_ELEMENTS / (n * inner)));
    // The last chunk takes what is left over, as kernels for four rows at a time need four.
    const count = Math.floor(outer / chunk);
    const {counters} = this;
    const first = Atomics.load(counters, END);
    const end = (first + count) | 0;
    this.job.set([this.names.indexOf(kernel), first, count, chunk, outer, n, inner, factor, tensors.length]);
    this.job.set(
      tensors.flatMap(({address, stride}) => [address, stride]),
      9,
    );
    Atomics.store(counters, END, end);
    if (count > 1) Atomics.notify(counters, END);

    const call = this.kernels.exports[kernel] as (...numbers: number[]) => void;
    let own = 0;
    for (let number = this.take(end); number !== null; number = this.take(end)) {
      const index = (number - first) | 0;
      const from = index * chunk;
      const rows = index === count - 1 ? outer - from : chunk;
      call(...tensors.map(({address, stride}) => address + from * stride), rows, n, inner, factor);
      Atomics.add(counters, FINISHED, 1);
      own++;
    }
    this.helped += count - own;
    for (let done = Atomics.load(counters, FINISHED); done !== end; done = Atomics.load(counters, FINISHED)) {
      Atomics.wait(counters, FINISHED, done);
    }
  }

  /** The number of a chunk that is now ours, or null if there is none left. */
  private take(end: number): number | null {
    for (;;) {
      const number = Atomics.load(this.counters, NEXT);
      if (number === end) return null;
      if (Atomics.compareExchange(this.counters, NEXT, number, (number + 1) | 0) === number) return number;
    }
  }
}
