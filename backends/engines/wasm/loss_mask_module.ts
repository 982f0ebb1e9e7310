import {type Build, instanceOn, type Kernels} from './module';
import type {LossMaskVariant} from './variants';

/** Sizes and steps of rows; the steps in bytes, in logits x, mask m and result y. See masked_long_rows.ts. */
type MaskedKernel = (
  x: number,
  m: number,
  y: number,
  n: number,
  a: number,
  b: number,
  xStep: number,
  xA: number,
  xB: number,
  mStep: number,
  mA: number,
  mB: number,
  yA: number,
  yB: number,
  scale: number,
  kind: number,
) => void;

type LossKernel = (
  x: number,
  labels: number,
  out: number,
  outer: number,
  n: number,
  inner: number,
  smoothing: number,
  dense: number,
  step: number,
  factor: number,
) => void;

/** Its `out` holds the softmax already. */
type LossGradientKernel = (
  out: number,
  labels: number,
  cotangents: number,
  outer: number,
  n: number,
  inner: number,
  smoothing: number,
  dense: number,
  step: number,
  factor: number,
) => void;

/** The name of an exported kernel, such as `maskedLongRows`. */
export type LossMaskExport = `${'masked' | 'crossEntropy' | 'crossEntropyGradient'}${LossMaskVariant}`;

/** The second module at work on one memory: masks and losses. */
export interface LossMaskKernels {
  build: Build;
  masked: Record<LossMaskVariant, MaskedKernel>;
  crossEntropy: Record<LossMaskVariant, LossKernel>;
  crossEntropyGradient: Record<LossMaskVariant, LossGradientKernel>;
}

const instances = new WeakMap<Kernels, LossMaskKernels | null>();

/**
 * The second module on the memory of the first, made when the first mask or loss comes along; null where it cannot be made.
 * Where only the first was handed in, this host may not be able to compile it.
 */
export function lossMaskKernelsBeside(first: Kernels): LossMaskKernels | null {
  let kernels = instances.get(first);
  if (kernels === undefined) {
    try {
      kernels = lossMaskKernelsOn(first.memory);
    } catch {
      kernels = null;
    }
    instances.set(first, kernels);
  }
  return kernels;
}

/**
 * The second module on a memory.
 * @throws if the host has no WebAssembly, none with SIMD, or a content security policy that forbids to compile it
 */
export function lossMaskKernelsOn(memory: WebAssembly.Memory): LossMaskKernels {
  const {build, exports} = instanceOn(memory, 'loss_mask');
  return {build, ...lossMaskKernelsByName(exports)};
}

/** Exports are named by what they compute and by their variant: maskedLongRows. */
export function lossMaskKernelsByName(exports: Record<string, unknown>): Omit<LossMaskKernels, 'build'> {
  const both = (name: string) => ({LongRows: exports[`${name}LongRows`], GatheredRows: exports[`${name}GatheredRows`]});
  return {
    masked: both('masked'),
    crossEntropy: both('crossEntropy'),
    crossEntropyGradient: both('crossEntropyGradient'),
  } as unknown as Omit<LossMaskKernels, 'build'>;
}
