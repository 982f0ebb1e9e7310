/**
 * The family on typed arrays, for backends whose tensors are such, or become such: by WebAssembly with copies in and out;
 * by plain TypeScript for tiny tensors, where that is as fast and has doubles in between, and where WebAssembly or the
 * memory for it is not to be had.
 */
import * as plain from './javascript/cross_entropy';
import {forward} from './javascript/forward';
import {maskedForward} from './javascript/masked';
import {product} from './javascript/product';
import type {MaskRuns} from './mask_runs';
import type {ForwardKind, Loss, ProductKind, Rows} from './types';
import {planForward, planLoss, planLossGradient, planProduct, planProductOfLogits} from './wasm/plan';
import {runStaged} from './wasm/staging';

/** Distributions in float32, or int32 for the indices of classes. */
export type Labels = Float32Array | Int32Array;

/**
 * From this many elements on the WebAssembly kernels are faster, the copies into their memory and out of it included;
 * below it plain TypeScript is. `benchmarks/staging.ts` measures where they meet.
 */
export const SMALLEST_STAGED = {forward: 48, product: 128, masked: 8, loss: 96, lossGradient: 96};

/**
 * The forward pass.
 * @param x outer·n·inner logits, @param out as many results, or for logSumExp outer·inner, @param flags values of the mask
 */
export function forwardOnArrays(
  kind: ForwardKind,
  x: Float32Array,
  out: Float32Array,
  rows: Rows,
  scale: number,
  mask: MaskRuns | null,
  flags: Uint8Array | null,
): void {
  const isStaged = x.length >= (mask ? SMALLEST_STAGED.masked : SMALLEST_STAGED.forward);
  if (isStaged && runStaged(planForward(kind, rows, scale, mask), x, out, flags)) return;
  if (mask) maskedForward(kind, x, flags!, out, rows, scale, mask);
  else forward(kind, x, out, rows, scale);
}

/** A Jacobian product, all of outer·n·inner. @param y the probabilities, and possibly `out` itself; @param v the vector */
export function productOnArrays(
  kind: ProductKind,
  y: Float32Array,
  v: Float32Array,
  out: Float32Array,
  rows: Rows,
  factor: number,
): void {
  const isStaged = y.length >= SMALLEST_STAGED.product;
  if (isStaged && runStaged(planProduct(kind, rows, factor), y, out, v)) return;
  product(kind, y, v, out, rows, factor);
}

/** The same of logits, all of outer·n·inner. The probabilities, softmax(scale·x), are held where the result will be. */
export function productOfLogitsOnArrays(
  kind: ProductKind,
  x: Float32Array,
  v: Float32Array,
  out: Float32Array,
  rows: Rows,
  scale: number,
  factor: number,
): void {
  const plan = planProductOfLogits(kind, rows, scale, factor);
  if (plan && x.length >= SMALLEST_STAGED.product && runStaged(plan, x, out, v)) return;
  forwardOnArrays('softmax', x, out, rows, scale, null, null);
  productOnArrays(kind, out, v, out, rows, factor);
}

/**
 * Cross-entropy: one loss a row, or their total.
 * @param labels as many as logits, or if sparse, one a row
 */
export function lossOnArrays(x: Float32Array, labels: Labels, out: Float32Array, loss: Loss): void {
  const isStaged = x.length >= SMALLEST_STAGED.loss;
  if (isStaged && runStaged(planLoss(loss), x, out, labels)) return;
  plain.crossEntropy(x, labels, out, loss);
}

/** Its derivative in the logits. @param cotangents one a row, or of a total one */
export function lossGradientOnArrays(
  x: Float32Array,
  labels: Labels,
  cotangents: Float32Array,
  out: Float32Array,
  loss: Loss,
): void {
  const isStaged = x.length >= SMALLEST_STAGED.lossGradient;
  if (isStaged && runStaged(planLossGradient(loss), x, out, labels, cotangents)) return;
  plain.crossEntropyGradient(x, labels, cotangents, out, loss);
}
