import type {Rows} from '../../kernels/rows';
import type {ForwardKind, Loss, Mask} from '../backend';
import * as plainLoss from '../cpu/cross_entropy';
import * as plain from '../cpu/masked';
import {chunkOf, reserve, stagesLossMask} from './private_memory';
import {notePlainTypeScript} from './run';
import {runLoss, runLossGradient, runMasked} from './run_loss_mask';

/** Masks and losses on typed arrays, by way of the private memory: in chunks of whole rows, as in private_memory.ts. */

type Labels = Float32Array | Int32Array;

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
  mask: Mask,
): void {
  const perBlock = rows.n * rows.inner;
  const outPerBlock = kind === 'logSumExp' ? rows.inner : perBlock;
  const maskBytes = Math.ceil(m.length / 4) * 4;
  const chunk = lossMaskChunkOf(perBlock + outPerBlock, rows.outer, maskBytes);
  if (chunk === 0) {
    notePlainTypeScript();
    plain.maskedForward(kind, x, m, out, rows, scale, mask);
    return;
  }
  const {memory, lossMaskKernels} = reserve(maskBytes + 4 * chunk * (perBlock + outPerBlock));
  new Uint8Array(memory.buffer, 0, m.length).set(m);
  for (let o = 0; o < rows.outer; o += chunk) {
    const outer = Math.min(chunk, rows.outer - o);
    const outAt = maskBytes + 4 * outer * perBlock;
    new Float32Array(memory.buffer, maskBytes, outer * perBlock).set(x.subarray(o * perBlock, (o + outer) * perBlock));
    runMasked(lossMaskKernels!, kind, maskBytes, 0, outAt, {...rows, outer}, scale, mask, o);
    out.set(new Float32Array(memory.buffer, outAt, outer * outPerBlock), o * outPerBlock);
  }
}

/**
 * Cross-entropy: one loss a row, or their total.
 * @param labels as many as logits, or if sparse, one a row
 */
export function stagedLoss(x: Float32Array, labels: Labels, out: Float32Array, loss: Loss): void {
  const {rows, sparse, total} = loss;
  const perBlock = rows.n * rows.inner;
  const labelsPerBlock = sparse ? rows.inner : perBlock;
  const outPerBlock = total === null ? rows.inner : 0;
  const chunk = lossMaskChunkOf(perBlock + labelsPerBlock + outPerBlock, rows.outer);
  if (chunk === 0) {
    notePlainTypeScript();
    plainLoss.crossEntropy(x, labels, out, loss);
    return;
  }
  // A total takes four bytes whatever the chunk.
  const {memory, lossMaskKernels} = reserve(4 * chunk * (perBlock + labelsPerBlock + outPerBlock) + 4);
  let sum = 0;
  for (let o = 0; o < rows.outer; o += chunk) {
    const outer = Math.min(chunk, rows.outer - o);
    const labelsAt = 4 * outer * perBlock;
    const outAt = labelsAt + 4 * outer * labelsPerBlock;
    lay(x, o * perBlock, outer * perBlock, memory, 0);
    lay(labels, o * labelsPerBlock, outer * labelsPerBlock, memory, labelsAt);
    runLoss(lossMaskKernels!, 0, labelsAt, outAt, {...loss, rows: {...rows, outer}});
    const result = new Float32Array(memory.buffer, outAt, total === null ? outer * rows.inner : 1);
    if (total === null) out.set(result, o * rows.inner);
    else sum += result[0]!;
  }
  if (total !== null) out[0] = sum;
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
  const {rows, sparse, total} = loss;
  const perBlock = rows.n * rows.inner;
  const labelsPerBlock = sparse ? rows.inner : perBlock;
  const chunk = lossMaskChunkOf(2 * perBlock + labelsPerBlock + rows.inner, rows.outer);
  if (chunk === 0) {
    notePlainTypeScript();
    plainLoss.crossEntropyGradient(x, labels, cotangents, out, loss);
    return;
  }
  const {memory, kernels: first, lossMaskKernels} = reserve(4 * chunk * (2 * perBlock + labelsPerBlock + rows.inner));
  for (let o = 0; o < rows.outer; o += chunk) {
    const outer = Math.min(chunk, rows.outer - o);
    const labelsAt = 4 * outer * perBlock;
    const cotangentsAt = labelsAt + 4 * outer * labelsPerBlock;
    const outAt = cotangentsAt + 4 * outer * rows.inner;
    lay(x, o * perBlock, outer * perBlock, memory, 0);
    lay(labels, o * labelsPerBlock, outer * labelsPerBlock, memory, labelsAt);
    if (total === null) lay(cotangents, o * rows.inner, outer * rows.inner, memory, cotangentsAt);
    else lay(cotangents, 0, 1, memory, cotangentsAt);
    runLossGradient(first, lossMaskKernels!, 0, labelsAt, cotangentsAt, outAt, {...loss, rows: {...rows, outer}});
    out.set(new Float32Array(memory.buffer, outAt, outer * perBlock), o * perBlock);
  }
}

function lossMaskChunkOf(floatsPerBlock: number, outer: number, others = 0): number {
  return stagesLossMask() ? chunkOf(floatsPerBlock, outer, others) : 0;
}

/** Copies `length` numbers from `start` on to a byte address. */
function lay(values: Labels, start: number, length: number, memory: WebAssembly.Memory, address: number): void {
  const to = values instanceof Int32Array ? Int32Array : Float32Array;
  new to(memory.buffer, address, length).set(values.subarray(start, start + length));
}
