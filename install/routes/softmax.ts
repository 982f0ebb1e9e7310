import {getBackend, type Tensor} from '@tensorflow/tfjs-core';
import {reasonForStock} from '../../backends/registry';
import {SOFTMAX} from '../../kernels/names';
import {runKernel} from '../../kernels/run';
import type {Route} from '../route';

/** tfjs has a kernel for softmax, along the last axis. */
export const softmaxRoute: Route = {
  ops: 'tf.softmax',
  obstacle: () => null,
  kernels: {
    Softmax({logits}, {dim}) {
      if (!canTake(logits)) return null;
      const rank = Math.max(logits.rank, 1);
      return runKernel(
        SOFTMAX,
        {logits},
        {axis: ((dim as number) + rank) % rank, scale: 1, keepDims: false, exact: false},
      );
    },
  },
};

/** Whether there is a kernel of ours for that tensor on the active backend. Others stay tfjs's business. */
export function canTake(logits: Tensor | undefined): logits is Tensor {
  return logits?.dtype === 'float32' && reasonForStock(getBackend()) === null;
}
