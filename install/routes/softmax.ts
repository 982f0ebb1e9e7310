import type {Tensor} from '@tensorflow/tfjs-core';
import {reasonForStock} from '../../backends/registration';
import type {ForwardAttrs} from '../../kernels/attributes';
import {SOFTMAX} from '../../kernels/names';
import {ENGINE} from '../../tfjs/engine';
import type {Route} from '../route';

/** tfjs has a kernel for softmax, along the last axis. */
export const softmaxRoute: Route = {
  ops: 'tf.softmax',
  obstacle: () => null,
  kernels: {
    Softmax(inputs, {dim}, run) {
      const {logits} = inputs;
      if (!canTake(logits)) return null;
      const rank = logits.shape.length || 1;
      return run<Tensor>(SOFTMAX, inputs, attrsAlong(((dim as number) + rank) % rank));
    },
  },
};

/** Whether there is a kernel of ours for that tensor on the active backend. Others stay tfjs's business. */
export function canTake(logits: Tensor | undefined): logits is Tensor {
  return logits?.dtype === 'float32' && reasonForStock(ENGINE.backendName) === null;
}

const ATTRS = Array.from({length: 6}, (_, axis): ForwardAttrs => ({axis, scale: 1, keepDims: false}));

/** The attributes of a forward kernel, made once for each axis that tensors of tfjs's ops have. */
export function attrsAlong(axis: number): ForwardAttrs {
  return ATTRS[axis] ?? {axis, scale: 1, keepDims: false};
}
