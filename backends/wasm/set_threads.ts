import {engine} from '@tensorflow/tfjs-core';
import {mustBe} from '../../kernels/check';
import {askForThreads, MOST_THREADS, threadsAsked} from '../engines/wasm/thread_count';
import {wasmBackend} from './index';

/**
 * Sets the maximum number of threads for the WebAssembly kernels, including the calling thread. It takes effect with the
 * next call, on the wasm backend if its memory is shared, and for large tensors on tfjs-node. Results are bit for bit the
 * same for any number.
 *
 * By default the wasm backend uses as many threads as tfjs: half of the cores, at most eight, or the number given to
 * setThreadsCount of tfjs-backend-wasm. In Node after `enableWasmThreads`, and on tfjs-node, the default is all cores, at
 * most eight. More threads than cores do not help.
 *
 * @param count 1 to 64, or null for the default
 * @throws if it is anything else
 * @example
 * setThreads(1); // leaves the other cores to the rest of the page
 */
export function setThreads(count: number | null): void {
  if (count !== null && !(Number.isInteger(count) && count >= 1 && count <= MOST_THREADS)) {
    throw mustBe('setThreads', 'count', `an integer from 1 to ${MOST_THREADS}, or null to follow tfjs`, count);
  }
  askForThreads(count);
}

/**
 * The maximum number of threads for the WebAssembly kernels: the number given to `setThreads`, or else the default of the
 * wasm backend once it has started, and 1 before. `backendReport()` says whether these threads are available.
 *
 * @example
 * await tf.setBackend('wasm');
 * console.log(getThreads()); // on 8 cores 4 in a cross-origin isolated page, and 1 in other pages
 */
export function getThreads(): number {
  const asked = threadsAsked();
  if (asked !== null) return asked;
  const backend = engine().registry.wasm;
  return backend ? wasmBackend.threads!(backend as never) : 1;
}
