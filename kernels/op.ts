import type {KernelFunc, Tensor} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backends/backend';
import type {Gradient} from '../tfjs/saved_tensors';

/**
 * An op of the family as one record: it stands in the file of the op, and `table.ts` has them all. Pages leave records out, so what
 * runs reads none.
 */
export interface Op<Run extends (...args: never[]) => Tensor = (...args: never[]) => Tensor> {
  /** The function that people call. */
  run: Run;
  /** Its arguments, by name and in order. */
  parameters: readonly Parameter[];
  /** What its argument `options` may hold. */
  options?: readonly Option[];
  /** The kernels that tfjs runs for it, the one without a mask first; none if the op is made of other ops. */
  kernels: readonly Kernel[];
}

export type ForwardOp = Op<(logits: Tensor, axis: number) => Tensor>;

/** What forward.ts needs of an op to run it: kernels of one input, and of a mask beside it. */
export interface ForwardPass {
  /** For errors. */
  name: string;
  kernels: readonly [Kernel, Kernel];
  /** Whether it gives one number for each row, not one for each logit. */
  perRow?: true;
}

export type ProductOp = Op<(logits: Tensor, vector: Tensor, axis: number) => Tensor>;

export type Parameter =
  | ('logits' | 'probabilities' | 'labels' | 'axis' | 'keepDims' | 'options')
  /** Vectors of the shape of the logits. */
  | ('tangent' | 'cotangent');

export type Option =
  | ('scale' | 'mask' | 'offset')
  | ('samples' | 'temperature' | 'topK' | 'topP' | 'hard' | 'seed')
  | ('axis' | 'labelSmoothing' | 'classWeights' | 'weights' | 'ignoreIndex' | 'reduction');

/** A kernel as tfjs knows it: a name, a function on each backend, and a gradient. */
export interface Kernel {
  name: string;
  /** The function on a tfjs backend, made of what that backend computes: see backends/kernel_functions.ts. */
  on: (backend: SoftmaxBackend<never>) => KernelFunc;
  gradient: KernelGradient;
}

export type KernelGradient = Omit<Gradient, 'kernelName'>;
