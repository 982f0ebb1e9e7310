import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductFromLogitsRequest, ProductRequest} from '../backend';
import {crossEntropyGradient as gradientOnCpu} from '../engines/javascript/cross_entropy';
import {product as productOnCpu} from '../engines/javascript/product';
import type {Loss} from '../engines/types';
import {lossGradientOp} from './ops/loss_op';
import {productOp} from './ops/product_op';
import {runRows} from './run_rows';
import {floats, onCpuIfSmall} from './small';

export function product({kind, y, v, rows, factor}: ProductRequest, backend: WebGPUBackend): TensorInfo {
  return (
    onCpuIfSmall([y, v], y.shape, backend, (out, ofY, ofV) =>
      productOnCpu(kind, floats(ofY), floats(ofV!), out, rows, factor),
    ) ?? runRows(`${kind},${factor}`, (vector) => productOp(kind, vector, factor), [y, v], rows, y.shape, backend)
  );
}

/**
 * logSoftmax's derivative in one dispatch: g - y Σg is that of cross-entropy, y Σq - q, times -1, with the vector as labels.
 * Null for the others, and where the logits have a scale, which losses do not.
 */
export function productFromLogits(request: ProductFromLogitsRequest, backend: WebGPUBackend): TensorInfo | null {
  const {kind, x, v, rows, scale, factor} = request;
  if (kind !== 'logSoftmaxVjp' || scale !== 1) return null;
  const loss: Loss = {rows, sparse: false, smoothing: 0, total: -factor};
  return (
    onCpuIfSmall([x, v], x.shape, backend, (out, logits, vector) =>
      gradientOnCpu(floats(logits), floats(vector!), Float32Array.of(1), out, loss),
    ) ??
    runRows(
      `${kind} of logits,${factor}`,
      (vector) => lossGradientOp(loss, vector, -factor, null),
      [x, v],
      rows,
      x.shape,
      backend,
    )
  );
}
