import {type Build, hasRelaxedSimd, hasSimd} from './features';
import text from './generated/kernels';
import type {Caller, KernelName} from './plan';
import {precompiled} from './precompiled';
import {relax} from './relax';
import {bytesOfText} from './text';

/** See assembly/index.ts. A kernel ignores what it does not need of this. */
type Kernel = (
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

/**
 * The kernels on a memory. Compiles on first use, in two or three milliseconds; later calls only instantiate.
 * @throws if the host has no WebAssembly, none with SIMD, or a content security policy that forbids to compile it
 */
export function kernelsOn(memory: WebAssembly.Memory): Kernels {
  const shared = isShared(memory);
  const given = forced ? undefined : precompiled(shared);
  const {build, module} = given ?? compiledHere(bestBuild(), shared);
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
  const key = `${build}, ${shared}`;
  let module = compiled.get(key);
  if (!module) {
    module = new WebAssembly.Module(bytesOf(build, shared));
    compiled.set(key, module);
  }
  return {build, module};
}

/** The binary of a build; scripts/write_wasm_files.mjs takes it from here too. */
export function bytesOf(build: Build, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = bytesOfText(text);
  if (build === 'relaxed') relax(bytes);
  return shared ? bytes : withUnsharedMemory(bytes);
}

/** The threaded tfjs build has a shared memory, and a module must import it as such. */
function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
}

/**
 * The import of the memory, as it stands in the binary: module "env", name "memory", kind 2, then the limits. Shared with a
 * maximum is 3, minimum, maximum; unshared without a maximum is 0, minimum. Minimum 0 written in four bytes (LEB128 may be
 * padded) makes both five bytes long, so that one build serves both kinds of memory.
 */
const IMPORT = [...'\x03env\x06memory\x02'].map((c) => c.charCodeAt(0));
const SHARED_LIMITS = [3, 0, 0x80, 0x80, 0x04];
const UNSHARED_LIMITS = [0, 0x80, 0x80, 0x80, 0x00];

function withUnsharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const pattern = [...IMPORT, ...SHARED_LIMITS];
  const start = bytes.findIndex((_, i) => pattern.every((byte, j) => bytes[i + j] === byte));
  if (start < 0) throw new Error('the memory import is in another place');
  bytes.set(UNSHARED_LIMITS, start + IMPORT.length);
  return bytes;
}
