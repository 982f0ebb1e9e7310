import type {NamedAttrMap, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import type {Engine} from '../tfjs/engine';

/** Answers a call of one of tfjs's kernels in its stead, or leaves it alone with null. */
export type KernelRoute = (inputs: NamedTensorMap, attrs: NamedAttrMap) => Tensor | null;

/** Answers a call of a function that `tf.customGrad` made in its stead, or leaves it alone with null. */
export type CustomGradRoute = (tfjs: Engine, inputs: Tensor[]) => Tensor | null;

/** One way into tfjs: what `install()` puts under some of its ops. */
export interface Route {
  /** The tfjs ops it is for, as people write them. */
  ops: string;
  /** Why it cannot work with the tfjs that is loaded, or null. Runs nothing on any backend. */
  obstacle(tfjs: Engine): string | null;
  /** By the names of the kernels whose calls it looks at. */
  kernels?: Readonly<Record<string, KernelRoute>>;
  customGrad?: CustomGradRoute;
}
