/**
 * Which kernels run on typed arrays, for backends whose tensors are such, or become such: WebAssembly with copies in and
 * out, or for tiny tensors plain TypeScript, as fast and with doubles in between. Both take the same arguments.
 */

import {crossEntropy, crossEntropyGradient} from './javascript/cross_entropy';
import {forward} from './javascript/forward';
import {maskedForward} from './javascript/masked';
import {product} from './javascript/product';
import {stagedForward, stagedLoss, stagedLossGradient, stagedMasked, stagedProduct} from './wasm/staging';

/**
 * From this many elements on the WebAssembly kernels are faster, the copies into their memory and out of it included;
 * below it plain TypeScript is. `benchmarks/staging.ts` measures where they meet.
 */
export const SMALLEST_STAGED = {forward: 48, product: 128, masked: 8, loss: 96, lossGradient: 96};

export function forwardFor({length}: Float32Array) {
  return length < SMALLEST_STAGED.forward ? forward : stagedForward;
}

export function maskedFor({length}: Float32Array) {
  return length < SMALLEST_STAGED.masked ? maskedForward : stagedMasked;
}

export function productFor({length}: Float32Array) {
  return length < SMALLEST_STAGED.product ? product : stagedProduct;
}

export function lossFor({length}: Float32Array) {
  return length < SMALLEST_STAGED.loss ? crossEntropy : stagedLoss;
}

export function lossGradientFor({length}: Float32Array) {
  return length < SMALLEST_STAGED.lossGradient ? crossEntropyGradient : stagedLossGradient;
}
