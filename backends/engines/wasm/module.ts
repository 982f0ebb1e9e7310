import type {ForwardKind, ProductKind} from '../types';
import {type Build, hasRelaxedSimd, hasSimd} from './features';
import text from './generated/kernels';
import {precompiled} from './precompiled';
import {relax} from './relax';
import {bytesOfText} from './text';
import type {LossMaskVariant, ProductVariant, Variant} from './variants';

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

/** Sizes and steps of rows; the steps in bytes, in logits x, mask m and result y. See assembly/masked_long_rows.ts. */
type MaskedKernel = (
  x: number,
  m: number,
  y: number,
  n: number,
  a: number,
  b: number,
  xStep: number,
  xA: number,
  xB: number,
  mStep: number,
  mA: number,
  mB: number,
  yA: number,
  yB: number,
  scale: number,
  kind: number,
) => void;

/** Of the gradient, the first holds the softmax already and gets the result, and the third the cotangents. */
type LossKernel = (
  x: number,
  labels: number,
  out: number,
  outer: number,
  n: number,
  inner: number,
  smoothing: number,
  dense: number,
  step: number,
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
    Record<ProductKind, Record<ProductVariant, ProductKernel>> & {logSoftmaxGradient: {LongRows: ProductKernel}} & {
      masked: Record<LossMaskVariant, MaskedKernel>;
      crossEntropy: Record<LossMaskVariant, LossKernel>;
      crossEntropyGradient: Record<LossMaskVariant, LossKernel>;
    };
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
  const shared = isShared(memory);
  const given = forced ? undefined : precompiled(shared);
  const {build, module} = given ?? compiledHere(bestBuild(), shared);
  const {exports} = new WebAssembly.Instance(module, {env: {memory}});
  return {memory, build, given: given !== undefined, functions: kernelsByName(exports), exports, module};
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
