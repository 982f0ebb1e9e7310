import {engine} from '@tensorflow/tfjs-core';
import {show} from '../../kernels/check';
import {askForThreads, MOST_THREADS, threadsAsked} from '../engines/wasm/thread_count';
import {wasmBackend} from './index';

/**
 * Sets how many threads the WebAssembly kernels run on at most, the calling one too. It holds from the next call on, on the wasm
 * backend where its memory is shared, and for large tensors on tfjs-node. Results do not depend on it, bit by bit.
 *
 * Without it, the wasm backend has as many as tfjs there: half of the machine's, at most eight, or as setThreadsCount of
 * @tensorflow/tfjs-backend-wasm says; in Node, with `enableWasmThreads`, and on tfjs-node, as many as the machine has, at most
 * eight. More than there are cores only take turns.
 *
 * @param count 1 to 64, or null to leave it to this package again
 * @throws if it is anything else
 * @example
 * setThreads(1); // leaves the other cores to the rest of the page
 */
export function setThreads(count: number | null): void {
  if (count !== null && !(Number.isInteger(count) && count >= 1 && count <= MOST_THREADS)) {
    throw new Error(
      `setThreads: count must be an integer from 1 to ${MOST_THREADS}, or null to follow tfjs, but got ${show(count)}.`,
    );
  }
  askForThreads(count);
}

/**
 * How many threads the WebAssembly kernels run on at most: what `setThreads` was given, or else what the wasm backend has by
 * default once it has started, and 1 before. Whether these threads can be had is in `backendReport()`.
 *
 * @example
 * await tf.setBackend('wasm');
 * console.log(getThreads()); // 4 of 8 cores in a page that is cross-origin isolated, and 1 in others
 */
export function getThreads(): number {
  const asked = threadsAsked();
  if (asked !== null) return asked;
  const backend = engine().registry.wasm;
  return backend ? wasmBackend.threads!(backend as never) : 1;
}
