import type {Rows} from '../../kernels/rows';
import type {ForwardKind, ProductKind} from '../backend';
import {forwardVariant, type KernelName, kernelScale, productVariant, type Variant} from './choose';
import type {Build, Kernels} from './module';

/** Which kernel ran last, and from which build. For tests: a test asserts what it tests. */
export interface Run {
  kernel: KernelName;
  build: Build;
}

let last: {kind: ForwardKind | ProductKind | 'logSoftmaxGradient'; variant: Variant; build: Build} | null = null;

/** The last run; null if plain TypeScript stood in, or nothing ran yet. */
export function lastRun(): Run | null {
  return last && {kernel: `${last.kind}${last.variant}` as KernelName, build: last.build};
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
  last = {kind, variant, build};
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
  last = {kind, variant, build};
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
  last = {kind: 'logSoftmaxGradient', variant: 'LongRows', build};
}
