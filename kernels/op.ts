import type {KernelFunc} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backends/backend';
import type {Gradient} from '../tfjs/saved_tensors';

/** An op of logits, and of a mask beside them: see forward.ts. */
export interface ForwardOp {
  /** For errors. */
  name: string;
  /** The kernel without a mask, and the one with. */
  kernels: readonly [Kernel, Kernel];
  /** Whether it gives one number for each row, not one for each logit. */
  perRow?: true;
}

/** A kernel as tfjs knows it: a name, a function on each backend, and a gradient. */
export interface Kernel {
  name: string;
  /** The function on a tfjs backend, made of what that backend computes: see backends/kernel_functions.ts. */
  on: (backend: SoftmaxBackend<never>) => KernelFunc;
  gradient: KernelGradient;
}

export type KernelGradient = Omit<Gradient, 'kernelName'>;
