import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductFromLogitsRequest, ProductRequest} from '../backend';
import type {Loss} from '../engines/types';
import {lossGradientOp} from './ops/loss_op';
import {productOp} from './ops/product_op';
import {runRows} from './run_rows';

export function product({kind, y, v, rows, factor}: ProductRequest, backend: WebGPUBackend): TensorInfo {
  return runRows(`${kind},${factor}`, () => productOp(kind, factor), [y, v], rows, y.shape, backend);
}

/** Whether logits have a product of their own here: other derivatives do not, and losses, by which it is, have no scale. */
export function isFused({kind, scale}: ProductFromLogitsRequest): boolean {
  return kind === 'logSoftmaxVjp' && scale === 1;
}

/**
 * logSoftmax's derivative in one dispatch: g - y Σg is that of cross-entropy, y Σq - q, times -1, with the vector as labels.
 */
export function productFromLogits(request: ProductFromLogitsRequest, backend: WebGPUBackend): TensorInfo {
  const {kind, x, v, rows, factor} = request;
  const loss: Loss = {rows, sparse: false, smoothing: 0, total: null};
  const op = () => lossGradientOp(loss, -factor, null);
  return runRows(`${kind} of logits,${factor}`, op, [x, v], rows, x.shape, backend);
}
