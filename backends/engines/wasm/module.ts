import type {ForwardKind, ProductKind} from '../types';
import {hasRelaxedSimd, hasSimd} from './features';
import kernels from './generated/kernels';
import lossMask from './generated/loss_mask';
import {precompiled} from './precompiled';
import {relax} from './relax';
import {bytesOfText} from './text';
import type {ProductVariant, Variant} from './variants';

/** `relaxed` has fused multiply-add, where the host does; `simd` is for every host with 128-bit vectors. */
export type Build = 'simd' | 'relaxed';

/** The modules of this package; each is compiled when it is first needed. */
export type ModuleName = 'kernels' | 'loss_mask';

/** In a function, and nowhere else: the build for pages has these texts after all code (scripts/bundle_for_pages.mjs). */
function textOf(name: ModuleName): string {
  return name === 'kernels' ? kernels : lossMask;
}

type ForwardKernel = (x: number, out: number, outer: number, n: number, inner: number, scale: number) => void;
type ProductKernel = (
  y: number,
  v: number,
  out: number,
  outer: number,
  n: number,
  inner: number,
  factor: number,
) => void;

/** The compiled kernels, at work on one memory. */
export interface Kernels {
  memory: WebAssembly.Memory;
  build: Build;
  /** Whether the module was handed in, by setWasmModule. */
  given: boolean;
  /** By kind and variant: a name put together in each call would cost as much as a small tensor. */
  functions: Record<ForwardKind, Record<Variant, ForwardKernel>> &
    Record<ProductKind, Record<ProductVariant, ProductKernel>> & {logSoftmaxGradient: {LongRows: ProductKernel}};
  /** What the functions are taken from; and for other threads, which make instances of their own on the memory. */
  exports: WebAssembly.Exports;
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
  const {exports, ...about} = instanceOn(memory, 'kernels');
  return {...about, memory, functions: kernelsByName(exports), exports};
}

/**
 * One of the modules on a memory.
 * @throws as `kernelsOn`
 */
export function instanceOn(
  memory: WebAssembly.Memory,
  name: ModuleName,
): {build: Build; given: boolean; module: WebAssembly.Module; exports: WebAssembly.Exports} {
  const shared = isShared(memory);
  const given = forced ? undefined : precompiled(name, shared);
  const {build, module} = given ?? compiledHere(name, bestBuild(), shared);
  const {exports} = new WebAssembly.Instance(module, {env: {memory}});
  return {build, given: given !== undefined, module, exports};
}

/** Exports are named by kind, variant and the word Rows: softmaxLongRows. */
export function kernelsByName(exports: Record<string, unknown>): Kernels['functions'] {
  const functions: Record<string, Record<string, unknown>> = {};
  for (const [name, kernel] of Object.entries(exports)) {
    const [, kind, variant] = /^(.+)([A-Z][a-z]+Rows)$/.exec(name)!;
    functions[kind!] ??= {};
    functions[kind!]![variant!] = kernel;
  }
  return functions as Kernels['functions'];
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

function compiledHere(name: ModuleName, build: Build, shared: boolean): {build: Build; module: WebAssembly.Module} {
  const key = `${name}, ${build}, ${shared}`;
  let module = compiled.get(key);
  if (!module) {
    module = new WebAssembly.Module(bytesOf(build, shared, name));
    compiled.set(key, module);
  }
  return {build, module};
}

/** The binary of a build; scripts/write_wasm_files.mjs takes it from here too. */
export function bytesOf(build: Build, shared: boolean, name: ModuleName = 'kernels'): Uint8Array<ArrayBuffer> {
  const bytes = bytesOfText(textOf(name));
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
