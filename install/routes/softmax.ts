import type {Tensor} from '@tensorflow/tfjs-core';
import {reasonForStock} from '../../backends/registration';
import type {ForwardAttrs} from '../../kernels/attributes';
import {SOFTMAX} from '../../kernels/names';
import {ENGINE} from '../../tfjs/engine';
import {nativeOpsFor, nativeOpsOn} from '../native_ops';
import type {Route} from '../route';

/** tfjs has a kernel for softmax, along the last axis. */
export const softmaxRoute: Route = {
  op: 'tf.softmax',
  obstacle: () => null,
  kernels: {
    Softmax(inputs, {dim}, run) {
      const {logits} = inputs;
      if (here.backend !== ENGINE.backendName || !here.isRouted) here = lookAt(ENGINE.backendName);
      if (logits?.dtype !== 'float32' || !here.isRouted) return null;
      if (logits.size > here.above) {
        const native = nativeOpsFor(logits);
        if (native) return native.softmax(logits);
      }
      const rank = logits.shape.length || 1;
      return run<Tensor>(SOFTMAX, inputs, attrsAlong(((dim as number) + rank) % rank));
    },
  },
};

/**
 * The active backend, as softmax was asked for last. A backend that softmax is routed on is looked at once, until another is
 * active: looking takes four functions, in a model a tenth of the time of a small tensor.
 */
let here = lookAt('');

function lookAt(backend: string) {
  const isRouted = reasonForStock(backend) === null;
  return {backend, isRouted, above: nativeOpsOn(backend)?.above ?? Number.POSITIVE_INFINITY};
}

/**
 * Whether there is a kernel of ours for that tensor on the active backend, after conversion: tfjs composes logSoftmax and
 * logSumExp of integers too, and of booleans wrongly.
 */
export function canConvert(logits: Tensor | undefined): logits is Tensor {
  return logits !== undefined && CONVERTED.includes(logits.dtype) && reasonForStock(ENGINE.backendName) === null;
}

const CONVERTED = ['float32', 'int32', 'bool'];

const OURS = {scale: 1, keepDims: false};
const ATTRS = Array.from({length: 6}, (_, axis): ForwardAttrs => ({axis, ...OURS}));

/** The attributes of a forward kernel, made once for each axis that tensors of tfjs's ops have. */
export function attrsAlong(axis: number): ForwardAttrs {
  return ATTRS[axis] ?? {axis, ...OURS};
}
