/** What `enableWasmThreads` checks, loaded when it is called. */
import {checkOptions, option, show} from '../../kernels/check';
import {hasThreads} from '../engines/wasm/features';

/** The module `@tensorflow/tfjs-backend-wasm`, or the part of it that is needed. */
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
  /** In Node: the path of `tfjs-backend-wasm-simd.wasm`, if it is not in the installed package, for example in a bundle. */
  file?: string;
}

const OP = 'enableWasmThreads';

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
