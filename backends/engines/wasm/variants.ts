import type {ForwardKind, ProductKind, Rows} from '../types';

/** How a kernel goes through the rows; see the file of that name in assembly/. */
export type Variant = 'LongRows' | 'ShortRows' | 'StridedRows' | 'GatheredRows';

/** Products have no kernel for short rows: theirs take one row at a time as fast. */
export type ProductVariant = Exclude<Variant, 'ShortRows'>;

/** Masked kernels and those of losses. */
export type LossMaskVariant = Extract<Variant, 'LongRows' | 'GatheredRows'>;

/** The name of an exported kernel, such as `softmaxLongRows`. */
export type KernelName =
  | `${ForwardKind}${Variant}`
  | `${ProductKind}${ProductVariant}`
  | 'logSoftmaxGradientLongRows'
  | `${'masked' | 'crossEntropy' | 'crossEntropyGradient'}${LossMaskVariant}`;

/** Up to this length four rows at a time beat one; for softmax that ends here, for the logarithms it goes on. */
const LONGEST_SHORT_ROW = 48;
/** The same for losses, which gather the columns of four rows; and for logSoftmax's derivative, by way of such a softmax. */
const LONGEST_GATHERED_ROW = 24;

/** The forward kernel for tensors of these rows, none of them empty. */
export function forwardVariant({outer, n, inner}: Rows, scale: number): Variant {
  if (n === 1) return 'GatheredRows';
  const exact = isExactScale(scale);
  if (inner === 1) {
    if (exact && outer >= 4 && n <= LONGEST_SHORT_ROW) return 'ShortRows';
    return n >= 4 ? 'LongRows' : 'GatheredRows';
  }
  if (!exact || inner < 4) return 'GatheredRows';
  return inner === 4 ? 'LongRows' : 'StridedRows'; // the former takes four rows at once, a lane each
}

/**
 * The scale to hand to the forward kernel. Softmax of a row of one is its only value over itself, which has to be exactly
 * 1: with a scale that floats cannot multiply by exactly, GatheredRows subtracts the maximum first, and that value is a
 * constant whose quotient is.
 */
export function kernelScale(kind: ForwardKind, {n}: Rows, scale: number): number {
  return kind === 'softmax' && n === 1 ? 3 : scale;
}

/** The product kernel for tensors of these rows, none of them empty. */
export function productVariant({n, inner}: Rows): ProductVariant {
  if (inner === 1) return n >= 4 ? 'LongRows' : 'GatheredRows';
  return inner >= 4 && n > 1 ? 'StridedRows' : 'GatheredRows';
}

/** Whether there is one kernel for this product of logits, which logSoftmax's derivative is, and nothing that beats it. */
export function hasGradientKernel(kind: ProductKind, {outer, n, inner}: Rows, scale: number, factor: number): boolean {
  if (kind !== 'logSoftmaxVjp' || factor !== scale) return false;
  return inner === 1 && n >= 4 && (outer < 4 || n > LONGEST_GATHERED_ROW);
}

/** The kernel of a forward pass with a mask of that step along the rows. */
export function maskedVariant({n, inner}: Rows, step: number, scale: number): LossMaskVariant {
  return inner === 1 && n >= 4 && step <= 1 && isExactScale(scale) ? 'LongRows' : 'GatheredRows';
}

/** The kernel of cross-entropy, for which GatheredRows takes four rows at a time. */
export function lossVariant({outer, n, inner}: Rows): LossMaskVariant {
  return inner === 1 && (n > LONGEST_GATHERED_ROW || (n >= 4 && outer === 1)) ? 'LongRows' : 'GatheredRows';
}

/** The kernel that makes cross-entropy's derivative of a softmax. */
export function lossGradientVariant({n, inner}: Rows): LossMaskVariant {
  return inner === 1 && n >= 4 ? 'LongRows' : 'GatheredRows';
}

/** Whether scale·x is exact in float32: ±2^-k, 0 <= k <= 32. `isExactScale` in assembly/kinds.ts says the same. */
function isExactScale(scale: number): boolean {
  if (scale === 1) return true;
  const size = Math.abs(scale);
  return size <= 1 && size >= 2 ** -32 && Number.isInteger(Math.log2(size));
}
