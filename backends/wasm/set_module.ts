import {show} from '../../kernels/check';
import {forget, keep, refusal} from '../engines/wasm/precompiled';
import {resetStaging} from '../engines/wasm/staging';
import {forgetInstances} from './access';

/**
 * Uses WebAssembly kernels that were compiled elsewhere. This is for hosts that do not compile at run time, such as edge
 * runtimes, which compile what a program imports when it is deployed. Pass one of the .wasm files of this package:
 *
 *     import kernels from 'tfjs-softmax/kernels.wasm';
 *     setWasmModule(kernels);
 *
 * `kernels.wasm` needs SIMD; `kernels-relaxed.wasm` needs relaxed SIMD and is faster. The module is used from the next call
 * on, on the backends cpu and wasm. A memory that threads share needs another module, which is still compiled from bytes.
 *
 * @example
 * ```ts
 * import kernels from 'tfjs-softmax/kernels.wasm'; // where the host compiles what is imported
 * setWasmModule(kernels);
 * ```
 *
 * @param module a WebAssembly.Module, or null to use the bytes inside this package again
 * @throws if it is anything else, or does not belong to this version of this package
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
