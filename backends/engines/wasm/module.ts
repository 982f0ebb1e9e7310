import {kernelBytes} from './bytes';
import {type Build, hasRelaxedSimd, hasSimd} from './features';
import {setShared} from './memory_import';
import type {Caller, KernelName} from './plan';
import {precompiled} from './precompiled';
import {relax} from './relax';

/** See assembly/index.ts. A kernel ignores what it does not need of this. */
export type Kernel = (
  x: number,
  out: number,
  outer: number,
  n: number,
  inner: number,
  scale: number,
  second: number,
  third: number,
  ...rest: number[]
) => void;

/** The compiled kernels, at work on one memory. */
export interface Kernels {
  memory: WebAssembly.Memory;
  build: Build;
  /** Whether the module was handed in, by setWasmModule. */
  given: boolean;
  /** By name. */
  functions: Record<KernelName, Kernel>;
  /** Runs a kernel, as `launch` has it. */
  call: Caller;
  /** For other threads, which make instances of their own on the memory. */
  module: WebAssembly.Module;
}

let forced: Build | undefined;
let best: Build | undefined;
const compiled = new Map<string, WebAssembly.Module>();
let decoded: Uint8Array<ArrayBuffer> | undefined;

/**
 * The kernels on a memory. Compiles on first use, unless that was done ahead; later calls only instantiate.
 * @throws if the host has no WebAssembly, none with SIMD, or a content security policy that forbids to compile it
 */
export function kernelsOn(memory: WebAssembly.Memory): Kernels {
  const shared = isShared(memory);
  const given = forced ? undefined : precompiled(shared);
  const {build, module} = given ?? compiledAtUse(bestBuild(), shared);
  const {exports} = new WebAssembly.Instance(module, {env: {memory}});
  const functions = {...exports} as Kernels['functions'];
  const call: Caller = (kernel, x, out, outer, n, inner, scale, second, third, rest) =>
    functions[kernel](x, out, outer, n, inner, scale, second, third, rest[0], rest[1], rest[2], rest[3]);
  return {memory, build, given: given !== undefined, functions, call, module};
}

/** For tests and comparisons: has the next kernels come from this build, or again from the best one. */
export function forceBuild(build: Build | undefined): void {
  forced = build;
}

function bestBuild(): Build {
  if (forced) return forced;
  if (typeof WebAssembly === 'undefined') throw new Error('this host has no WebAssembly');
  if (!hasSimd()) throw new Error('the WebAssembly of this host has no SIMD');
  best ??= hasRelaxedSimd() ? 'relaxed' : 'simd';
  return best;
}

function compiledHere(build: Build, shared: boolean): {build: Build; module: WebAssembly.Module} {
  const key = keyOf(build, shared);
  let module = compiled.get(key);
  if (!module) {
    module = new WebAssembly.Module(bytesOf(build, shared));
    compiled.set(key, module);
  }
  return {build, module};
}

function compiledAtUse(build: Build, shared: boolean): {build: Build; module: WebAssembly.Module} {
  try {
    return compiledHere(build, shared);
  } catch (error) {
    sayOnce(error);
    throw error;
  }
}

const keyOf = (build: Build, shared: boolean) => `${build}, ${shared}`;

let isSaid = false;

/**
 * WebAssembly is there and does not run: nothing else would tell who waits for the results. In a page, a worker or Node;
 * edge runtimes compile nothing as a rule, and keep what is printed.
 */
function sayOnce(error: unknown): void {
  if (isSaid || !['document', 'importScripts', 'process'].some((name) => name in globalThis)) return;
  isSaid = true;
  console.info(
    `tfjs-softmax: WebAssembly could not be compiled here (${error}), so plain JavaScript computes on the CPU, as exactly ` +
      'and more slowly. A content security policy has to allow it with wasm-unsafe-eval.',
  );
}

/** What waits for kernels that are being compiled ahead, by whether they are for shared memory; null when that is over. */
const ahead = new Map<boolean, (() => void)[] | null>();
/** How many elements plain JavaScript computes before it is worth to compile at once. In no time of waiting more than 1 ms. */
let patience = 1 << 14;

/**
 * Compiles the kernels without blocking, in a task of its own. Idempotent. What goes wrong is left to the first use, which
 * says what.
 *
 * @param then what else can be done ahead, once they are compiled: at once, if they are
 */
export function compileAhead(shared: boolean, then = () => {}): void {
  const waiting = ahead.get(shared);
  if (isCompiled(shared)) then();
  else if (waiting) waiting.push(then);
  else if (waiting === undefined && typeof WebAssembly !== 'undefined' && typeof WebAssembly.compile === 'function') {
    const all = [then];
    ahead.set(shared, all);
    setTimeout(async () => {
      try {
        if (!isCompiled(shared)) {
          const build = bestBuild();
          const module = await WebAssembly.compile(bytesOf(build, shared));
          if (!isCompiled(shared)) compiled.set(keyOf(build, shared), module);
        }
        for (const each of all) each();
      } catch {
        // so will the first use
      } finally {
        ahead.set(shared, null);
      }
    });
  }
}

function isCompiled(shared: boolean): boolean {
  return precompiled(shared) !== undefined || (best !== undefined && compiled.has(keyOf(best, shared)));
}

/** Compiles the kernels for memory that is not shared at once; what goes wrong is left to the first use. */
export function compileNow(): void {
  try {
    if (!precompiled(false)) compiledHere(bestBuild(), false);
  } catch {
    // so will the first use
  }
}

/**
 * Whether to compute so many elements without WebAssembly: it is being compiled ahead, and to compile it here and now would
 * take longer. Once for each call.
 */
export function isWorthWaiting(elements: number, shared: boolean): boolean {
  if (!ahead.get(shared) || isCompiled(shared)) return false;
  patience -= elements;
  return patience > 0;
}

/** The binary of a build; scripts/write_wasm_files.mjs takes it from here too. */
export function bytesOf(build: Build, shared: boolean): Uint8Array<ArrayBuffer> {
  decoded ??= kernelBytes();
  const bytes = decoded.slice();
  if (build === 'relaxed') relax(bytes);
  if (shared) setShared(bytes, true);
  return bytes;
}

/** The threaded tfjs build has a shared memory, and a module must import it as such. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
}
