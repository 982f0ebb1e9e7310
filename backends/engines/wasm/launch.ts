import type {ForwardKind, ProductKind, Rows} from '../types';
import type {LossMaskKernelName} from './launch_loss_mask';
import type {Build, Kernels} from './module';
import {forwardVariant, type KernelName, kernelScale, productVariant} from './variants';

/** Which kernel ran last, and from which build. For tests: a test asserts what it tests. */
export interface Run {
  kernel: KernelName | LossMaskKernelName;
  build: Build;
}

/** In parts: a name put together in each call would cost as much as a tiny tensor. */
let last: {kind: string; variant: string; build: Build} | null = null;

/** The last run; null if plain TypeScript stood in, or nothing ran yet. */
export function lastRun(): Run | null {
  return last && {kernel: `${last.kind}${last.variant}` as Run['kernel'], build: last.build};
}

/** To be called where a kernel has run. */
export function noteRun(kind: string, variant: string, build: Build): void {
  last = {kind, variant, build};
}

/** To be called where plain TypeScript stands in. */
export function notePlainTypeScript(): void {
  last = null;
}

/** The forward pass on float32 tensors at byte addresses in the kernels' memory. */
export function runForward(
  {build, functions}: Kernels,
  kind: ForwardKind,
  x: number,
  out: number,
  rows: Rows,
  scale: number,
): void {
  const variant = forwardVariant(rows, scale);
  functions[kind][variant](x, out, rows.outer, rows.n, rows.inner, kernelScale(kind, rows, scale));
  noteRun(kind, variant, build);
}

/** A Jacobian product on float32 tensors at byte addresses in the kernels' memory. */
export function runProduct(
  {build, functions}: Kernels,
  kind: ProductKind,
  y: number,
  v: number,
  out: number,
  rows: Rows,
  factor: number,
): void {
  const variant = productVariant(rows);
  functions[kind][variant](y, v, out, rows.outer, rows.n, rows.inner, factor);
  noteRun(kind, variant, build);
}

/** logSoftmax's derivative from logits, in rows for which `hasGradientKernel`. */
export function runLogSoftmaxGradient(
  {build, functions}: Kernels,
  x: number,
  v: number,
  out: number,
  {outer, n, inner}: Rows,
  scale: number,
): void {
  functions.logSoftmaxGradient.LongRows(x, v, out, outer, n, inner, scale);
  noteRun('logSoftmaxGradient', 'LongRows', build);
}
