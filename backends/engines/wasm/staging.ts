import * as plainLoss from '../javascript/cross_entropy';
import * as plain from '../javascript/forward';
import * as plainMasked from '../javascript/masked';
import * as plainProduct from '../javascript/product';
import type {MaskRuns} from '../mask_runs';
import type {ForwardKind, Loss, ProductKind, Rows} from '../types';
import {notePlainTypeScript, ofBlocks, runForward, runLoss, runLossGradient, runMasked, runProduct} from './launch';
import {type Kernels, kernelsOn} from './module';

/**
 * The kernels on typed arrays, by way of a memory of their own: for the cpu backend, and for a wasm backend whose memory
 * cannot be reached. Tensors pass through in chunks of whole rows, so that the memory stays bounded.
 */

const PAGE = 1 << 16;
/** What a chunk's arrays fill together: half of a second-level cache, so that copies and kernels find each other's data. */
const CHUNK_BYTES = 1 << 19;
/** The memory never grows beyond this. Rows too large for it are left to plain TypeScript. */
export const LARGEST_MEMORY_BYTES = 1 << 26;

type Labels = Float32Array | Int32Array;

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
  const done = inChunks(rows.outer, [{values: x, perBlock}], out, outPerBlock, (kernels, [from, to], outer) => {
    runForward(kernels, kind, from!, to!, {...rows, outer}, scale);
  });
  if (!done) plain.forward(kind, x, out, rows, scale);
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
  const inputs = [
    {values: y, perBlock},
    {values: v, perBlock},
  ];
  const done = inChunks(rows.outer, inputs, out, perBlock, (kernels, [first, second, to], outer) => {
    runProduct(kernels, kind, first!, second!, to!, {...rows, outer}, factor);
  });
  if (!done) plainProduct.product(kind, y, v, out, rows, factor);
}

/**
 * A masked forward pass.
 * @param x outer·n·inner logits, @param m the values of the mask, @param out as many as logits, or outer·inner
 */
export function stagedMasked(
  kind: ForwardKind,
  x: Float32Array,
  m: Uint8Array,
  out: Float32Array,
  rows: Rows,
  scale: number,
  mask: MaskRuns,
): void {
  const perBlock = rows.n * rows.inner;
  const inputs = [
    {values: m, perBlock: 0},
    {values: x, perBlock},
  ];
  const outPerBlock = kind === 'logSumExp' ? rows.inner : perBlock;
  const done = inChunks(rows.outer, inputs, out, outPerBlock, (kernels, [flags, from, to], outer, o) => {
    runMasked(kernels, kind, from!, flags!, to!, {...rows, outer}, scale, mask, o);
  });
  if (!done) plainMasked.maskedForward(kind, x, m, out, rows, scale, mask);
}

/**
 * Cross-entropy: one loss a row, or their total.
 * @param labels as many as logits, or if sparse, one a row
 */
export function stagedLoss(x: Float32Array, labels: Labels, out: Float32Array, loss: Loss): void {
  const {rows, total} = loss;
  const outPerBlock = total === null ? rows.inner : 0;
  const inputs = logitsAndLabels(x, labels, loss);
  const done = inChunks(rows.outer, inputs, out, outPerBlock, (kernels, [from, given, to], outer) => {
    runLoss(kernels, from!, given!, to!, ofBlocks(loss, outer));
  });
  if (!done) plainLoss.crossEntropy(x, labels, out, loss);
}

/**
 * Its derivative in the logits.
 * @param cotangents one a row, or of a total one
 */
export function stagedLossGradient(
  x: Float32Array,
  labels: Labels,
  cotangents: Float32Array,
  out: Float32Array,
  loss: Loss,
): void {
  const {rows, total} = loss;
  const given = {values: cotangents, perBlock: total === null ? rows.inner : 0};
  const inputs = [...logitsAndLabels(x, labels, loss), given];
  const done = inChunks(rows.outer, inputs, out, rows.n * rows.inner, (kernels, at, outer) => {
    const [from, label, cotangent, to] = at as [number, number, number, number];
    runLossGradient(kernels, from, label, cotangent, to, ofBlocks(loss, outer));
  });
  if (!done) plainLoss.crossEntropyGradient(x, labels, cotangents, out, loss);
}

function logitsAndLabels(x: Float32Array, labels: Labels, {rows: {n, inner}, sparse}: Loss): Passing[] {
  return [
    {values: x, perBlock: n * inner},
    {values: labels, perBlock: sparse ? inner : n * inner},
  ];
}

/** Values that pass through, so many to a block of the outer dimension; with 0, all of them are there for each chunk. */
interface Passing {
  values: Float32Array | Int32Array | Uint8Array;
  perBlock: number;
}

/**
 * Runs a kernel on chunks of blocks, told where each input and the result lie, how many blocks there are and which is the
 * first. With no results to a block there is one number, the sum of what the chunks give.
 * @returns whether it could; if not, plain TypeScript has to stand in
 */
function inChunks(
  outer: number,
  inputs: Passing[],
  out: Float32Array,
  outPerBlock: number,
  run: (kernels: Kernels, addresses: number[], outer: number, first: number) => void,
): boolean {
  let perBlock = outPerBlock;
  let always = outPerBlock > 0 ? 0 : 4;
  for (const input of inputs) {
    perBlock += input.perBlock;
    if (input.perBlock === 0) always += aligned(input.values.byteLength);
  }
  if (stagingFailure() !== null || 4 * perBlock + always > LARGEST_MEMORY_BYTES) {
    notePlainTypeScript();
    return false;
  }
  const chunk = Math.min(outer, Math.max(1, Math.floor(CHUNK_BYTES / (4 * perBlock))));
  const {memory} = kernels!;
  const missing = Math.ceil((4 * chunk * perBlock + always - memory.buffer.byteLength) / PAGE);
  if (missing > 0) memory.grow(missing);
  const {buffer} = memory;
  const addresses: number[] = [];
  let sum = 0;
  for (let o = 0; o < outer; o += chunk) {
    const blocks = Math.min(chunk, outer - o);
    let end = 0;
    for (let i = 0; i < inputs.length; i++) {
      const {values, perBlock: count} = inputs[i]!;
      const whole = count === 0 || blocks * count === values.length; // spares small tensors a view
      const part = whole ? values : values.subarray(o * count, (o + blocks) * count);
      new (part.constructor as Float32ArrayConstructor)(buffer, end, part.length).set(part);
      addresses[i] = end;
      end += aligned(part.byteLength);
    }
    addresses[inputs.length] = end;
    run(kernels!, addresses, blocks, o);
    const result = new Float32Array(buffer, end, blocks * outPerBlock || 1);
    if (outPerBlock > 0) out.set(result, o * outPerBlock);
    else sum += result[0]!;
  }
  if (outPerBlock === 0) out[0] = sum;
  return true;
}

function aligned(bytes: number): number {
  return (bytes + 3) & ~3;
}
