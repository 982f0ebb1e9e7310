/**
 * What threads that execute plans together share, and the program of those that help the one that asks, the caller.
 *
 * The chunks of all jobs are numbered through. NEXT counts those that were taken, FINISHED those that are done, END is one past
 * the last that may be taken. A chunk's calls are written down before END moves on, and overwritten only after all chunks are
 * finished.
 *
 * Who has moved NEXT on may take a chunk: the caller from the end, the others from the start, where FIRST says which. They never
 * meet, since there are as many chunks as numbers. So what a thread has computed in a forward pass, it mostly reads in the product
 * after it too, from its own cache; the more threads there are, the less. TAKEN counts the chunks of each thread, the caller first.
 *
 * Who has nothing to do looks for the next chunk for a while, since to wake it takes 20 µs; then sleeps; and after some
 * seconds goes back to its event loop, where it holds nothing up: some browsers keep the memory of a page that is gone as long
 * as a worker of it sleeps.
 */
import {MOST_CHUNKS} from './chunks';

/** Counters stand in cache lines of their own, 16 numbers each, so that who writes one does not hold up who reads another. */
export const LINE = 16;
export const [NEXT, END, FINISHED, AWAKE, ASLEEP, STOPPED, FIRST, TAKEN] = [0, 16, 32, 48, 64, 80, 96, 112];
/** Of a call: the number of the kernel, and its arguments. */
export const FIELDS = 13;

/** How long a thread that has nothing to do stays awake; where it cannot pause, its spinning costs its neighbours more. */
export const SPIN_MS = 'pause' in Atomics ? 1 : 0.2;
/**
 * A thread that finds nothing to take, while others still compute, may be on the caller's core, and hold the caller up. It assumes so
 * if the caller finished no chunk while it computed its last one, or since it was woken. Then, after a while, it sleeps in short naps.
 */
const YIELD_AFTER_MS = 0.05;
const YIELD_MS = 0.1;
/** Sleeping is cut into pieces of a second. After so many a thread returns to its event loop. */
const MOST_SLEEPS = 10;

/** A function's text, as thread_host.ts starts it; its `run` is `runChunk` of threads.ts. */
export const PROGRAM = `({memory, module, counters, starts, calls, id}, park) => {
  const functions = Object.values(new WebAssembly.Instance(module, {env: {memory}}).exports);
  const pause = Atomics.pause || (() => {});
  const run = (number) => {
    const place = 2 * (number & ${MOST_CHUNKS - 1});
    for (let c = starts[place]; c < starts[place + 1]; c += ${FIELDS}) {
      functions[calls[c]](calls[c + 1], calls[c + 2], calls[c + 3], calls[c + 4], calls[c + 5], calls[c + 6],
        calls[c + 7], calls[c + 8], calls[c + 9], calls[c + 10], calls[c + 11], calls[c + 12]);
    }
  };
  const serve = () => {
    Atomics.add(counters, ${AWAKE}, 1);
    let sleeps = 0;
    let spins = 0;
    let since = performance.now();
    let callersChunks = Atomics.load(counters, ${TAKEN});
    let isCallerStuck = true;
    for (;;) {
      const number = Atomics.load(counters, ${NEXT});
      const end = Atomics.load(counters, ${END});
      if (number !== end) {
        if (Atomics.compareExchange(counters, ${NEXT}, number, (number + 1) | 0) !== number) continue;
        const chunk = Atomics.add(counters, ${FIRST}, 1);
        run(chunk);
        Atomics.add(counters, ${TAKEN} + ${LINE} * id, 1);
        Atomics.add(counters, ${FINISHED}, 1);
        Atomics.notify(counters, ${FINISHED});
        sleeps = spins = 0;
        since = performance.now();
        const before = callersChunks;
        callersChunks = Atomics.load(counters, ${TAKEN});
        isCallerStuck = callersChunks === before;
      } else if (Atomics.load(counters, ${STOPPED})) {
        return;
      } else if (++spins & 63) {
        pause();
      } else {
        const idle = performance.now() - since;
        if (idle < ${SPIN_MS}) {
          const finished = Atomics.load(counters, ${FINISHED});
          if (isCallerStuck && idle > ${YIELD_AFTER_MS} && finished !== end) Atomics.wait(counters, ${FINISHED}, finished, ${YIELD_MS});
          continue;
        }
        Atomics.sub(counters, ${AWAKE}, 1);
        if (sleeps++ === ${MOST_SLEEPS}) return park(serve);
        Atomics.add(counters, ${ASLEEP}, 1);
        if (Atomics.wait(counters, ${END}, end, 1000) !== 'timed-out') {
          sleeps = 0;
          since = performance.now();
          callersChunks = Atomics.load(counters, ${TAKEN});
          isCallerStuck = true;
        }
        Atomics.sub(counters, ${ASLEEP}, 1);
        Atomics.add(counters, ${AWAKE}, 1);
      }
    }
  };
  serve();
}`;
