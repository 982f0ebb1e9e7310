import type {NamedAttrMap, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import type {Engine} from '../tfjs/engine';

/** The tfjs ops that can be routed, as people write them. */
export const ROUTED_OPS = ['tf.softmax', 'tf.logSoftmax', 'tf.logSumExp', 'tf.losses.softmaxCrossEntropy'] as const;
/** One of them. */
export type RoutedOp = (typeof ROUTED_OPS)[number];

/**
 * Answers a call of one of tfjs's kernels in its stead, or leaves it alone with null.
 * @param run the engine's `runKernel` without the wrapper of `install()`: a second pass through that is time lost
 */
export type KernelRoute = (inputs: NamedTensorMap, attrs: NamedAttrMap, run: Engine['runKernel']) => Tensor | null;

/** Answers a call of a function that `tf.customGrad` made in its stead, or leaves it alone with null. */
export type CustomGradRoute = (tfjs: Engine, inputs: Tensor[]) => Tensor | null;

/** One way into tfjs: what `install()` puts under some of its ops. */
export interface Route {
  op: RoutedOp;
  /** Why it cannot work with the tfjs that is loaded, or null. Runs nothing on any backend. */
  obstacle(tfjs: Engine): string | null;
  /** By the names of the kernels whose calls it looks at. */
  kernels?: Readonly<Record<string, KernelRoute>>;
  customGrad?: CustomGradRoute;
}
