import type {Rows} from '../../kernels/rows';
import type {ForwardKind, ProductKind} from '../backend';
import * as plain from '../cpu/forward';
import * as plainProduct from '../cpu/product';
import {type Kernels, kernelsOn} from './module';
import {notePlainTypeScript, runForward, runProduct} from './run';

/**
 * The kernels on typed arrays, by way of a memory of their own: for the cpu backend, and for a wasm backend whose memory
 * cannot be reached. Tensors pass through in chunks of whole rows, so that the memory stays bounded.
 */

const PAGE = 1 << 16;
/** What a chunk's arrays fill together: half of a second-level cache, so that copies and kernels find each other's data. */
const CHUNK_BYTES = 1 << 19;
/** The memory never grows beyond this. Rows too large for it are left to plain TypeScript. */
export const LARGEST_MEMORY_BYTES = 1 << 26;

let kernels: Kernels | null = null;
let failure: string | null = null;

/** Why the staged kernels are not available here, or null if they are. Compiles them on the first call. */
export function stagingFailure(): string | null {
  if (!kernels && failure === null) {
    try {
      const memory = new WebAssembly.Memory({initial: (3 * CHUNK_BYTES) / PAGE, maximum: LARGEST_MEMORY_BYTES / PAGE});
      kernels = kernelsOn(memory);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
  }
  return failure;
}

/** Whether the staged kernels come from a module that was handed in. */
export function stagesPrecompiled(): boolean {
  return kernels?.given ?? false;
}

/** The kernels on the memory, or null if they are not available here. */
export function stagedKernels(): Kernels | null {
  stagingFailure();
  return kernels;
}

/** Lets go of the memory; the next call starts afresh. */
export function resetStaging(): void {
  kernels = null;
  failure = null;
}

/** Bytes that the private memory holds now. */
export function stagedBytes(): number {
  return kernels?.memory.buffer.byteLength ?? 0;
}

/**
 * The forward pass on typed arrays.
 * @param x outer·n·inner logits, @param out as many results, or for logSumExp outer·inner
 */
export function stagedForward(kind: ForwardKind, x: Float32Array, out: Float32Array, rows: Rows, scale: number): void {
  const perBlock = rows.n * rows.inner;
  const outPerBlock = kind === 'logSumExp' ? rows.inner : perBlock;
  const chunk = chunkOf(perBlock + outPerBlock, rows.outer);
  if (chunk === 0) {
    notePlainTypeScript();
    plain.forward(kind, x, out, rows, scale);
    return;
  }
  const kernels = reserve(4 * chunk * (perBlock + outPerBlock));
  const {memory} = kernels;
  for (let o = 0; o < rows.outer; o += chunk) {
    const outer = Math.min(chunk, rows.outer - o);
    const outAt = 4 * outer * perBlock;
    new Float32Array(memory.buffer, 0, outer * perBlock).set(x.subarray(o * perBlock, (o + outer) * perBlock));
    runForward(kernels, kind, 0, outAt, {...rows, outer}, scale);
    out.set(new Float32Array(memory.buffer, outAt, outer * outPerBlock), o * outPerBlock);
  }
}

/** A Jacobian product on typed arrays, all of outer·n·inner. */
export function stagedProduct(
  kind: ProductKind,
  y: Float32Array,
  v: Float32Array,
  out: Float32Array,
  rows: Rows,
  factor: number,
): void {
  const perBlock = rows.n * rows.inner;
  const chunk = chunkOf(3 * perBlock, rows.outer);
  if (chunk === 0) {
    notePlainTypeScript();
    plainProduct.product(kind, y, v, out, rows, factor);
    return;
  }
  const kernels = reserve(12 * chunk * perBlock);
  const {memory} = kernels;
  for (let o = 0; o < rows.outer; o += chunk) {
    const outer = Math.min(chunk, rows.outer - o);
    const [from, to] = [o * perBlock, (o + outer) * perBlock];
    const bytes = 4 * outer * perBlock;
    new Float32Array(memory.buffer, 0, outer * perBlock).set(y.subarray(from, to));
    new Float32Array(memory.buffer, bytes, outer * perBlock).set(v.subarray(from, to));
    runProduct(kernels, kind, 0, bytes, 2 * bytes, {...rows, outer}, factor);
    out.set(new Float32Array(memory.buffer, 2 * bytes, outer * perBlock), from);
  }
}

/**
 * How many blocks of that many floats to take at a time; 0 if not even one fits, or if there are no kernels.
 * @param others bytes that have to be there at the same time
 */
export function chunkOf(floatsPerBlock: number, outer: number, others = 0): number {
  if (stagingFailure() !== null || 4 * floatsPerBlock + others > LARGEST_MEMORY_BYTES) return 0;
  return Math.min(outer, Math.max(1, Math.floor(CHUNK_BYTES / (4 * floatsPerBlock))));
}

/** The kernels, their memory with room for so many bytes. Only after `chunkOf` has found that there are kernels. */
export function reserve(bytes: number): Kernels {
  const {memory} = kernels!;
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing > 0) memory.grow(missing);
  return kernels!;
}
