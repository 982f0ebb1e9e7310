/**
 * The kernels on typed arrays: for backends whose tensors are such, or become such. WebAssembly with copies in and out,
 * or for tiny tensors plain TypeScript, as fast and with doubles in between.
 */
import type {Rows} from '../../kernels/rows';
import type {ForwardKind, Loss, Mask, ProductKind} from '../backend';
import {stagedForward, stagedProduct} from '../wasm/private_memory';
import {stagedLoss, stagedLossGradient, stagedMasked} from '../wasm/private_memory_loss_mask';
import {crossEntropy, crossEntropyGradient} from './cross_entropy';
import {forward} from './forward';
import {maskedForward} from './masked';
import {product} from './product';

/**
 * From this many elements on the WebAssembly kernels are faster, the copies into their memory and out of it included;
 * below it plain TypeScript is. `benchmarks/staging.ts` measures where they meet.
 */
export const SMALLEST_STAGED = {forward: 48, product: 128, masked: 8, loss: 96, lossGradient: 96};

/** @param exact whether plain TypeScript shall run at any size */
export function forwardOnArrays(
  kind: ForwardKind,
  x: Float32Array,
  out: Float32Array,
  rows: Rows,
  scale: number,
  exact = false,
): void {
  const run = exact || x.length < SMALLEST_STAGED.forward ? forward : stagedForward;
  run(kind, x, out, rows, scale);
}

/** @param m the values of the mask, 1 for true */
export function maskedOnArrays(
  kind: ForwardKind,
  x: Float32Array,
  m: Uint8Array,
  out: Float32Array,
  rows: Rows,
  scale: number,
  mask: Mask,
  exact = false,
): void {
  const run = exact || x.length < SMALLEST_STAGED.masked ? maskedForward : stagedMasked;
  run(kind, x, m, out, rows, scale, mask);
}

export function productOnArrays(
  kind: ProductKind,
  y: Float32Array,
  v: Float32Array,
  out: Float32Array,
  rows: Rows,
  factor: number,
  exact = false,
): void {
  const run = exact || v.length < SMALLEST_STAGED.product ? product : stagedProduct;
  run(kind, y, v, out, rows, factor);
}

/** @param labels as many as logits, or if sparse, one a row */
export function lossOnArrays(x: Float32Array, labels: Float32Array | Int32Array, out: Float32Array, loss: Loss): void {
  const run = x.length < SMALLEST_STAGED.loss ? crossEntropy : stagedLoss;
  run(x, labels, out, loss);
}

/** @param cotangents one a row, or of a total one */
export function lossGradientOnArrays(
  x: Float32Array,
  labels: Float32Array | Int32Array,
  cotangents: Float32Array,
  out: Float32Array,
  loss: Loss,
): void {
  const run = x.length < SMALLEST_STAGED.lossGradient ? crossEntropyGradient : stagedLossGradient;
  run(x, labels, cotangents, out, loss);
}
