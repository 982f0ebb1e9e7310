import {checkOptions, option, show} from '../../kernels/check';
import {hasThreads} from '../engines/wasm/features';

/** The module `@tensorflow/tfjs-backend-wasm`, or what of it is needed. */
export interface WasmPackage {
  /** Tells tfjs where its files of WebAssembly are. */
  setWasmPaths(
    paths: Record<
      'tfjs-backend-wasm.wasm' | 'tfjs-backend-wasm-simd.wasm' | 'tfjs-backend-wasm-threaded-simd.wasm',
      string
    >,
    usePlatformFetch: boolean,
  ): void;
}

/** Options of `enableWasmThreads`. */
export interface WasmThreadsOptions {
  /** In Node: path of `tfjs-backend-wasm-simd.wasm`, where it is not in the package as installed, such as in a bundle. */
  file?: string;
}

const OP = 'enableWasmThreads';

/**
 * Has the wasm backend of tfjs in Node start with a memory that threads can share, so that the kernels here run on all cores;
 * tfjs's own ops stay on one thread there. Call it before `tf.setBackend('wasm')`.
 *
 * tfjs has no such build for Node. This takes the one that it has, changes the byte that says whether its memory is shared, and
 * gives it to `setWasmPaths`; [docs/threads.md](../../docs/threads.md) says what that rests on. In a page nothing has to be
 * done but to serve it with the headers of cross-origin isolation: there this only says whether they are missing.
 *
 * @param wasm the module `@tensorflow/tfjs-backend-wasm`, the one that the program has imported
 * @param options in Node, where the file is
 * @throws (rejects) if threads cannot be had: the host has none, the backend has started already, or this version of tfjs is
 *   another than was expected. Then nothing is changed, and the backend starts as it does without.
 * @example
 * import * as wasm from '@tensorflow/tfjs-backend-wasm';
 * await enableWasmThreads(wasm);
 * await tf.setBackend('wasm');
 */
export async function enableWasmThreads(wasm: WasmPackage, options: WasmThreadsOptions = {}): Promise<void> {
  const {file} = checkWasmThreads(wasm, options);
  if (file !== undefined) throw wasmThreadsError('file is for Node; in a page tfjs finds its files by setWasmPaths');
}

/** What both builds of this package check. @returns the options, read once */
export function checkWasmThreads(wasm: WasmPackage, options: WasmThreadsOptions): WasmThreadsOptions {
  if (typeof wasm?.setWasmPaths !== 'function') {
    throw wasmThreadsError(
      `the first argument must be the module @tensorflow/tfjs-backend-wasm, but got ${show(wasm)}`,
    );
  }
  const file = option(checkOptions(OP, options), 'file', undefined);
  if (file !== undefined && typeof file !== 'string') {
    throw wasmThreadsError(`file must be a path, but got ${show(file)}`);
  }
  if (!hasThreads()) {
    throw wasmThreadsError(
      'this host has no memory that threads can share. A page has it if it is served with the headers ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
    );
  }
  return {file};
}

export function wasmThreadsError(why: string): Error {
  return new Error(`${OP}: ${why}.`);
}
