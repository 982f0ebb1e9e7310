/** What every op does around its kernel: run it, and tidy up. */
import {type NamedAttrMap, type Tensor, type TensorContainer, tidy} from '@tensorflow/tfjs-core';
import {ensureKernels} from '../backends/registration';
import {ENGINE} from '../tfjs/engine';
import {gradientDepth} from '../tfjs/tape';
import type {MaskInput} from './mask';

/** Options of the ops that scale their logits. */
export interface ScaleOptions {
  /** Multiplies the logits (the inverse of a temperature); 1 by default. -1 gives softmin, 0 the uniform distribution. */
  scale?: number;
}

/** Options of the ops that can mask logits out. */
export interface MaskOptions {
  /**
   * Which logits take part: bool or int32, of a shape that broadcasts to that of the logits; true, or not 0, where they do.
   * The others have probability 0 and gradient 0, even if they are NaN. A row that is masked out completely has probability
   * 0 everywhere.
   */
  mask?: MaskInput | null;
}

/**
 * Runs a kernel of the family on the active backend. tfjs finds it in its registry and records it on the tape; what it
 * calls there, the way goes on in backends/kernel_functions.ts.
 */
export function runKernel(kernelName: string, inputs: Record<string, Tensor>, attrs: NamedAttrMap): Tensor {
  ensureKernels();
  return ENGINE.runKernel(kernelName, inputs, attrs);
}

/**
 * Runs an op and tidies up after it, unless it leaves nothing: tidying is a sixth of the time of a tiny tensor.
 *
 * The scope has no name, and is always there where gradients are nested: tfjs labels what it records in a scope with the
 * name of the scope, and in backpropagation looks up a registered gradient by that label. Within a scope named 'softmax',
 * be it the user's own `tf.tidy('softmax', ...)`, it would take the gradient of our kernel of that name for it.
 */
export function inScope<T extends TensorContainer>(leavesNothing: boolean, op: () => T): T {
  return leavesNothing && gradientDepth() < 2 ? op() : tidy(op);
}
