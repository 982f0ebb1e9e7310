/**
 * Threads that execute a plan together: its rows are divided into chunks, and whoever is free takes the next one.
 *
 * thread_program.ts says what they share, and is what the other threads run. The thread that asks takes chunks too: on a busy
 * machine, what no other thread has begun does not wait for one.
 */
import {addressesOf, type Chunk, chunkOf, type Division, divisionFor, MOST_CHUNKS} from './chunks';
import type {Addresses} from './divide';
import {Experience} from './experience';
import type {Kernels} from './module';
import {addressesOfRow, piecesFor, SLOT, stepsOf} from './pieces';
import {type Caller, launch, type Plan} from './plan';
import {MOST_THREADS} from './thread_count';
import type {Thread, ThreadHost} from './thread_host';
import {
  ASLEEP,
  AWAKE,
  END,
  FIELDS,
  FINISHED,
  FIRST,
  LINE,
  NEXT,
  PROGRAM,
  SPIN_MS,
  STOPPED,
  TAKEN,
} from './thread_program';

export {threadHost} from './thread_host';

const MOST_CALLS = 4 * MOST_CHUNKS;

/** Work for each thread that is woken. */
const WAKE_NS = 100_000;
/** The least that each thread has of a job. */
const SHARE_NS = 8_000;
/** From here on it is worth to start threads, or to call them from their event loop; soon, or if there is much, at once. */
const START_NS = 200_000;
const START_AT_ONCE_NS = 50_000_000;
/** A thread that has not finished its chunk after so much waiting for it is given up. */
const PATIENCE_MS = 2000;

/** Some of the kernels' memory. */
export interface Memory {
  at: number;
  free(): void;
}

export class Threads {
  /**
   * Whether a job is under way. If one still is when the next begins, it has failed or was cut off, as node:vm does after a
   * timeout and Node's prompt on Ctrl-C, without a `finally`. These threads are of no more use then.
   */
  busy = false;
  /** Why there are no other threads any more, or null. */
  failure: string | null = null;
  /** Missing, as are the next two, where there was no memory for them: then `failure` says so, and nothing asks for them. */
  private readonly counters!: Int32Array;
  /** Where the calls of a chunk begin and end in `calls`. */
  private readonly starts!: Int32Array;
  private readonly calls!: Float64Array;
  private readonly functions: ((...values: number[]) => void)[];
  private readonly numberOf: Map<string, number>;
  private workers: Thread[] = [];
  private parked = new Set<number>();
  private isOver = false;
  /** Up to where `calls` is taken, and by how many chunks. */
  private written = 0;
  private submitted = 0;
  private experience = new Experience();
  /** Work that came close together with nobody or too few awake, and when the last of it came. */
  private inARow = 0;
  private lastNs = 0;
  private lastTime = 0;
  /** Whether threads are about to be started or called, and the work since then. */
  private summoned = false;
  private unshared = 0;

  /**
   * Starts nothing yet.
   * @param kernels on a shared memory
   * @param count of threads, this one too
   * @param idle is called when a thread has had nothing to do for some seconds
   */
  constructor(
    private readonly kernels: Kernels,
    private readonly host: ThreadHost,
    readonly count: number,
    private readonly idle = () => {},
  ) {
    this.functions = Object.values(kernels.functions);
    this.numberOf = new Map(Object.keys(kernels.functions).map((name, number) => [name, number]));
    try {
      this.starts = new Int32Array(new SharedArrayBuffer(2 * MOST_CHUNKS * Int32Array.BYTES_PER_ELEMENT));
      this.calls = new Float64Array(new SharedArrayBuffer(MOST_CALLS * FIELDS * Float64Array.BYTES_PER_ELEMENT));
      this.counters = new Int32Array(new SharedArrayBuffer(4 * (TAKEN + LINE * MOST_THREADS)));
    } catch (error) {
      this.failToStart(error);
    }
  }

  /** How many chunks each thread has taken; the first is this one. */
  get taken(): number[] {
    return Array.from({length: this.count}, (_, id) => this.counters?.[TAKEN + LINE * id] ?? 0);
  }

  /** For checks: the next jobs are shared, whatever that has cost lately. */
  forgetLosses(): void {
    this.experience = new Experience();
  }

  /** Starts the other threads, or calls those back that have returned to their event loops. */
  start(): void {
    this.summoned = false;
    this.unshared = 0;
    if (this.isOver) return;
    for (const id of this.parked) this.workers[id - 1]!.resume();
    this.parked.clear();
    const {memory, module} = this.kernels;
    const {counters, starts, calls} = this;
    try {
      for (let id = this.workers.length + 1; id < this.count; id++) {
        const worker = this.host.start(
          PROGRAM,
          {memory, module, counters, starts, calls, id},
          {
            parked: () => {
              this.parked.add(id);
              this.idle();
            },
            failed: (reason) => this.fail(`a thread failed: ${reason}`),
          },
        );
        this.workers.push(worker);
      }
    } catch (error) {
      this.failToStart(error);
    }
  }

  /**
   * How many other threads are there for a job, those too that it is to wake. Has more started, or called, if the work is
   * worth that; those come later.
   *
   * @param ns what the job takes on one thread, at least `WORTH_SHARING_NS`
   */
  helpersFor(ns: number): {awake: number; wake: number} {
    if (this.failure !== null || !this.experience.favorsSharing(ns)) return {awake: 0, wake: 0};
    const awake = Atomics.load(this.counters, AWAKE);
    const asleep = Atomics.load(this.counters, ASLEEP);
    const others = this.workers.length;
    const missing = this.count - 1 - others + this.parked.size;
    if (asleep === 0 && missing === 0) return {awake, wake: 0};
    // Small jobs close together are as good as one large one: who is woken for the first is still awake for the next.
    const now = performance.now();
    const gap = now - this.lastTime - this.lastNs * 1e-6;
    this.inARow = gap < SPIN_MS ? this.inARow + ns : ns;
    this.lastTime = now;
    this.lastNs = ns;
    if (missing > 0) this.summon(ns);
    if (asleep === 0 || !this.experience.favorsWaking(this.inARow)) return {awake, wake: 0};
    const most = Math.min(Math.floor(this.inARow / WAKE_NS), Math.floor(ns / SHARE_NS)) - awake;
    return {awake, wake: Math.max(0, Math.min(asleep, most))};
  }

  /** Not within this call, which would take longer for it: unless there is so much work that this does not matter. */
  private summon(ns: number): void {
    if (this.summoned) this.unshared += ns;
    else if (this.inARow >= START_NS) {
      this.summoned = true;
      this.unshared = ns;
      const timer: unknown = setTimeout(() => this.summoned && this.start());
      (timer as {unref?(): void}).unref?.();
    }
    if (this.unshared >= START_AT_ONCE_NS) this.start();
  }

  /**
   * Executes a plan. Its result does not depend on how many threads there are.
   *
   * @param addresses in bytes; where the result is one number, there is room for one a chunk, whose sum it is
   * @param wake how many sleeping threads to wake
   * @param prepare is called before each chunk of new blocks is handed out, to bring what it needs of the inputs: blocks `first`
   *   to `first + blocks`. Meanwhile the other threads compute.
   * @returns whether it is done. If another thread does not finish its chunk, it is not, and never will: that thread may still
   *   write to `out`, so this memory must not be used again.
   */
  run(
    plan: Plan,
    addresses: Addresses,
    division: Division,
    wake = 0,
    prepare?: (first: number, blocks: number) => void,
  ): boolean {
    this.busy = true;
    for (let number = 0; number < division.count; number++) {
      const chunk = chunkOf(plan, division, number);
      const {first, blocks, column, columns} = chunk;
      const at = addressesOf(plan, addresses, chunk, number);
      if (column === 0) prepare?.(first, blocks);
      if (!this.submit(plan, at, chunk)) {
        if (!this.finish(plan.ns / division.count)) return false;
        // Not even then, if a mask takes a call for every few elements.
        if (!this.submit(plan, at, chunk)) launch(plan, this.kernels.call, ...at, first, blocks, column, columns);
      }
      if (number === 0 && wake > 0) Atomics.notify(this.counters, END, wake);
    }
    const done = this.finish(plan.ns / division.count);
    this.busy = false;
    return done;
  }

  /**
   * Executes a plan together with the threads that are there for it, if any are.
   *
   * @param memoryFor gives memory for so many floats
   * @returns null if that is left to the caller; else as `run`
   */
  execute(plan: Plan, addresses: Addresses, memoryFor: (floats: number) => Memory): boolean | null {
    const {awake, wake} = this.helpersFor(plan.ns);
    const threads = awake + wake + 1;
    if (threads === 1) return null;
    const before = this.chunksOfOthers();
    const isDone = this.share(plan, addresses, memoryFor, threads, wake);
    // Beside threads that are awake it cannot be told who came too late.
    if (isDone && wake > 0 && awake === 0) this.experience.addWaking(this.chunksOfOthers() === before);
    return isDone;
  }

  private chunksOfOthers(): number {
    return (Atomics.load(this.counters, FINISHED) - this.counters[TAKEN]!) | 0;
  }

  /** As `execute`, on so many threads. */
  private share(
    plan: Plan,
    addresses: Addresses,
    memoryFor: (floats: number) => Memory,
    threads: number,
    wake: number,
  ): boolean | null {
    const pieces = piecesFor(plan, threads);
    if (pieces === 0) {
      const division = divisionFor(plan, threads);
      return division.count > 1 ? this.run(plan, addresses, division, wake) : null;
    }
    let slots: Memory;
    try {
      slots = memoryFor(SLOT * pieces);
    } catch {
      return null; // one thread needs none
    }
    const {outer, n} = plan.rows;
    for (let row = 0; row < outer; row++) {
      const [x, out, second] = addressesOfRow(plan, addresses, row);
      const places = [x, out, second, slots.at] as const;
      for (const step of stepsOf(plan, pieces, x + 4 * n, slots.at)) {
        const division = divisionFor(step, threads);
        if (division.count === 1) launch(step, this.kernels.call, ...places);
        // The thread that was given up may still write to the slots: they are not freed.
        else if (!this.run(step, places, division, wake)) return false;
      }
    }
    slots.free();
    return true;
  }

  /** Ends the other threads, for good; what they are at, they may finish. */
  stop(): void {
    this.isOver = true;
    if (this.workers.length === 0) return;
    Atomics.store(this.counters, STOPPED, 1);
    Atomics.notify(this.counters, END);
    for (const worker of this.workers) worker.terminate();
    this.workers = [];
    this.parked.clear();
  }

  private failToStart(error: unknown): void {
    this.fail(`no thread can be started: ${(error as Error).message}`);
  }

  private fail(reason: string): void {
    if (this.failure !== null) return;
    this.failure = reason;
    this.stop();
    console.warn(`tfjs-softmax: ${reason}. From now on one thread computes.`);
  }

  private readonly writeCall: Caller = (kernel, x, out, outer, n, inner, scale, second, third, rest) => {
    const {calls, written: at} = this;
    this.written = at + FIELDS;
    if (this.written > calls.length) return;
    calls[at] = this.numberOf.get(kernel)!;
    calls[at + 1] = x;
    calls[at + 2] = out;
    calls[at + 3] = outer;
    calls[at + 4] = n;
    calls[at + 5] = inner;
    calls[at + 6] = scale;
    calls[at + 7] = second;
    calls[at + 8] = third;
    calls[at + 9] = rest[0];
    calls[at + 10] = rest[1];
    calls[at + 11] = rest[2];
    calls[at + 12] = rest[3];
  };

  /** Writes down the calls of a chunk and lets it be taken. @returns whether there was room */
  private submit(plan: Plan, addresses: Addresses, {first, blocks, column, columns}: Chunk): boolean {
    const {counters, starts} = this;
    const start = this.written;
    launch(plan, this.writeCall, ...addresses, first, blocks, column, columns);
    if (this.written > this.calls.length) {
      this.written = start;
      return false;
    }
    const number = Atomics.load(counters, END); // only this thread moves it
    if (this.submitted === 0) Atomics.store(counters, FIRST, number);
    const place = 2 * (number & (MOST_CHUNKS - 1));
    starts[place] = start;
    starts[place + 1] = this.written;
    Atomics.store(counters, END, (number + 1) | 0);
    this.submitted++;
    return true;
  }

  /**
   * Takes part, and waits for the others.
   *
   * @param ns what a chunk takes on one thread
   * @returns false if one does not finish
   */
  private finish(ns: number): boolean {
    const {counters, submitted} = this;
    const end = Atomics.load(counters, END);
    let own = 0;
    while (this.take(end)) {
      own++;
      this.runChunk(end - own);
      counters[TAKEN]!++; // only this thread counts here
      Atomics.add(counters, FINISHED, 1);
    }
    this.written = this.submitted = 0;
    let known = Atomics.load(counters, FINISHED);
    let waited = 0;
    let sinceProgress = 0;
    let time = 0;
    for (let spins = 1; known !== end; spins++) {
      if (spins & 1023) pause();
      else {
        const start = time || performance.now();
        this.host.wait(counters, FINISHED, known);
        time = performance.now();
        waited += time - start;
        // Not more at a time: the whole machine may have slept.
        sinceProgress += Math.min(time - start, 50);
      }
      const done = Atomics.load(counters, FINISHED);
      if (done !== known) sinceProgress = 0;
      known = done;
      if (sinceProgress > PATIENCE_MS) {
        this.fail(`a thread has not finished its part within ${PATIENCE_MS / 1000} seconds, and was given up`);
        return false;
      }
    }
    if (own < submitted) this.experience.addJob(ns * (submitted - own), waited * 1e6);
    return true;
  }

  /** Whether one more chunk is now ours. */
  private take(end: number): boolean {
    const {counters} = this;
    for (;;) {
      const number = Atomics.load(counters, NEXT);
      if (number === end) return false;
      if (Atomics.compareExchange(counters, NEXT, number, (number + 1) | 0) === number) return true;
    }
  }

  private runChunk(number: number): void {
    const {calls, functions} = this;
    const place = 2 * (number & (MOST_CHUNKS - 1));
    const end = this.starts[place + 1]!;
    for (let at = this.starts[place]!; at < end; at += FIELDS) {
      functions[calls[at]!]!(
        calls[at + 1]!,
        calls[at + 2]!,
        calls[at + 3]!,
        calls[at + 4]!,
        calls[at + 5]!,
        calls[at + 6]!,
        calls[at + 7]!,
        calls[at + 8]!,
        calls[at + 9]!,
        calls[at + 10]!,
        calls[at + 11]!,
        calls[at + 12]!,
      );
    }
  }
}

/** Lets the neighbour on this core work, where there is such an instruction. */
const pause: () => void = (Atomics as {pause?(): void}).pause ?? (() => {});
