import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {forwardOp} from './ops/forward_op';
import {runRows} from './run_rows';

export function forward(request: ForwardRequest, backend: WebGPUBackend): TensorInfo {
  const {kind, x, rows, scale, mask, outputShape} = request;
  const tensors = mask ? [x, mask.tensor] : [x];
  const name = `${kind},${scale}${mask ? `,${mask.tensor.shape};${x.shape}` : ''}`;
  return runRows(name, () => forwardOp(request), tensors, rows, outputShape, backend);
}
