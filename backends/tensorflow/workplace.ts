import {type Kernels, kernelsByName, kernelsOn} from '../engines/wasm/module';
import {canCopyNatively} from './native_copy';
import {canCopyResults} from './native_result';
import type {NodeBackend} from './node_backend';
import {type Call, Threads} from './threads';

/** What the memory may grow to, which it keeps: for what cannot be divided. Larger tensors go the way of small ones. */
const MOST_BYTES = 1 << 28;
const PAGE = 1 << 16;

/** A shared memory, kernels on it, and threads to run them. */
export interface Workplace {
  memory: WebAssembly.Memory;
  threads: Threads;
  /** Kernels that do nothing but write down what they are called with; `record` collects that. */
  kernels: Kernels;
  record(run: () => void): Call;
  /**
   * Whether a job is under way. One that still is when the next begins has failed, or was cut off, as node:vm does after a
   * timeout and Node's prompt on Ctrl-C, without a `finally`. Its calls could not be told from those of the next.
   */
  busy: boolean;
}

/** One for all backend objects; null where it cannot be had, undefined before the first large tensor. */
let workplace: Workplace | null | undefined;
const copiesNatively = new WeakMap<NodeBackend, boolean>();

/** The workplace, free for the next job; null where there is none, or no native copies. */
export function workplaceOf(backend: NodeBackend): Workplace | null {
  if (workplace?.busy) {
    workplace.threads.stop();
    workplace = undefined;
  }
  if (workplace === undefined) workplace = setUp();
  if (workplace === null) return null;
  let works = copiesNatively.get(backend);
  if (works === undefined) {
    works = canCopyResults(backend) && canCopyNatively(new Float32Array(workplace.memory.buffer), backend);
    copiesNatively.set(backend, works);
  }
  return works ? workplace : null;
}

/** Whether there are at least so many bytes of memory, now if not before. */
export function hasRoomFor(bytes: number, {memory}: Workplace): boolean {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return true;
  if (bytes > MOST_BYTES) return false;
  try {
    memory.grow(Math.ceil(missing / PAGE));
    return true;
  } catch {
    return false; // the system has none left
  }
}

/** For people: how large tensors go. Starts nothing. */
export function describeWorkplace(backend: NodeBackend): string {
  const works = copiesNatively.get(backend);
  if (workplace === null || works === false) return 'large tensors by typed arrays';
  if (workplace === undefined || works === undefined) return 'no large tensor yet';
  return `large tensors by ${workplace.threads.count} threads`;
}

function setUp(): Workplace | null {
  try {
    const memory = new WebAssembly.Memory({initial: 1, maximum: MOST_BYTES / PAGE, shared: true});
    const first = kernelsOn(memory);
    const threads = new Threads(memory, first);
    let call: Call = [];
    const recording = (exports: WebAssembly.Exports) =>
      Object.fromEntries(
        Object.keys(exports).map((name) => [
          name,
          (...values: number[]) => call.push([name as Call[number][0], ...values]),
        ]),
      );
    return {
      memory,
      threads,
      kernels: {...first, functions: kernelsByName(recording(first.exports))},
      record(run) {
        call = [];
        run();
        return call;
      },
      busy: false,
    };
  } catch {
    return null;
  }
}
