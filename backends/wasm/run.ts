import type {Rows} from '../../kernels/rows';
import type {ForwardKind, ProductKind} from '../backend';
import {forwardVariant, type KernelName, productVariant} from './choose';
import type {Build, Kernels} from './module';

/** Which kernel ran last, and from which build; null before the first. For tests: a test asserts what it tests. */
export interface Run {
  kernel: KernelName;
  build: Build;
}

let last: Run | null = null;

export function lastRun(): Run | null {
  return last;
}

/** The forward pass on float32 tensors at byte addresses in the kernels' memory. */
export function runForward(
  kernels: Kernels,
  kind: ForwardKind,
  x: number,
  out: number,
  rows: Rows,
  scale: number,
): void {
  const kernel: KernelName = `${kind}${forwardVariant(rows, scale)}`;
  kernels.functions[kernel](x, out, rows.outer, rows.n, rows.inner, scale);
  last = {kernel, build: kernels.build};
}

/** A Jacobian product on float32 tensors at byte addresses in the kernels' memory. */
export function runProduct(
  kernels: Kernels,
  kind: ProductKind,
  y: number,
  v: number,
  out: number,
  rows: Rows,
  factor: number,
): void {
  const kernel: KernelName = `${kind}${productVariant(rows)}`;
  kernels.functions[kernel](y, v, out, rows.outer, rows.n, rows.inner, factor);
  last = {kernel, build: kernels.build};
}
