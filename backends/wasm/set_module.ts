import {show} from '../../kernels/check';
import {forget, keep, refusal} from '../engines/wasm/precompiled';
import {resetStaging} from '../engines/wasm/staging';
import {forgetInstances} from './access';

/**
 * Has the WebAssembly kernels come from a module that was compiled elsewhere, for hosts that do not compile at run time:
 * edge runtimes, which compile what a program imports when it is deployed. It is one of the .wasm files of this package:
 *
 *     import kernels from 'tfjs-softmax/kernels.wasm';
 *     setWasmModule(kernels);
 *
 * It runs wherever there is SIMD; `kernels-relaxed.wasm` where there is relaxed SIMD, and there it is faster. It holds from
 * the next call on, on the cpu backend and on wasm. A memory that is shared between threads takes another module, which is
 * compiled from bytes as before.
 *
 * @example
 * ```ts
 * import kernels from 'tfjs-softmax/kernels.wasm'; // where the host compiles what is imported
 * setWasmModule(kernels);
 * ```
 *
 * @param module a WebAssembly.Module, or null to take the bytes that are inside the package again
 * @throws if it is anything else, a module of something else, or of another version of this package
 */
export function setWasmModule(module: WebAssembly.Module | null): void {
  if (module === null) forget();
  else keep(checkModule(module));
  resetStaging();
  forgetInstances();
}

/** Not by instanceof: a module of another realm is as good. */
function checkModule(module: WebAssembly.Module): WebAssembly.Module {
  try {
    WebAssembly.Module.customSections(module, '');
    return module;
  } catch {
    throw refusal(`this is ${show(module)}, not a WebAssembly.Module`);
  }
}
