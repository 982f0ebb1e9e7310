/** What is left to ops of a backend although there are kernels here, since those are faster there. */
import type {Tensor} from '@tensorflow/tfjs-core';
import {ENGINE} from '../tfjs/engine';
import {gradientDepth} from '../tfjs/tape';

/**
 * tfjs's ops by ops of the backend: as exact as those, but right for special values, and with derivatives of any order. Tensors are float32, of rank 1 at least, and the axis is the last.
 */
export interface NativeOps {
  /** Tensors of more elements are left to them. */
  readonly above: number;
  /** Why, for people. */
  readonly reason: string;
  softmax(logits: Tensor): Tensor;
  logSoftmax(logits: Tensor): Tensor;
  /** Along these axes, which stay with length 1. */
  logSumExp(logits: Tensor, axes: number[]): Tensor;
  /** One loss a row. @param labels distributions, of the shape of the logits */
  crossEntropy(logits: Tensor, labels: Tensor): Tensor;
}

const provided = new Map<string, NativeOps>();

/** Only the build for Node has such ops. */
export function provideNativeOps(backend: string, ops: NativeOps): void {
  provided.set(backend, ops);
}

export function nativeOpsOn(backend: string): NativeOps | undefined {
  return provided.get(backend);
}

/** Those of the active backend where a tensor of that size is left to them; not for second derivatives. */
export function nativeOpsFor({size}: Tensor): NativeOps | null {
  const ops = provided.get(ENGINE.backendName);
  return ops && size > ops.above && gradientDepth() <= 1 ? ops : null;
}
