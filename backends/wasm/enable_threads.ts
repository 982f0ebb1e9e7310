import type {WasmPackage, WasmThreadsOptions} from './check_threads';

/**
 * Lets tfjs's wasm backend in Node start with a memory that threads can share, so that the ops of this package use all
 * cores. tfjs's own ops still run on one thread. Call it before `tf.setBackend('wasm')`.
 *
 * tfjs has no such build for Node. This function reads its normal build, changes the byte that says whether the memory is
 * shared, and passes the result to `setWasmPaths`; [docs/threads.md](../../docs/threads.md) explains what that relies on. A
 * page only needs to be served with the headers of cross-origin isolation; there this function just rejects if they are
 * missing.
 *
 * @param wasm the module `@tensorflow/tfjs-backend-wasm` that the program has imported
 * @param options in Node, the path of the file
 * @throws (rejects) if threads are not available: the host has none, the backend has already started, or this version of
 *   tfjs is different from what was expected. Then nothing changes, and the backend starts as usual.
 * @example
 * import * as wasm from '@tensorflow/tfjs-backend-wasm';
 * await enableWasmThreads(wasm);
 * await tf.setBackend('wasm');
 */
export async function enableWasmThreads(wasm: WasmPackage, options: WasmThreadsOptions = {}): Promise<void> {
  const {checkWasmThreads, wasmThreadsError} = await import('./check_threads');
  const {file} = checkWasmThreads(wasm, options);
  if (file !== undefined) throw wasmThreadsError('file is for Node; in a page tfjs finds its files by setWasmPaths');
}
