import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {forward as forwardOnCpu} from '../engines/javascript/forward';
import {maskedForward} from '../engines/javascript/masked';
import {forwardOp} from './ops/forward_op';
import {runRows} from './run_rows';
import {floats, onCpuIfSmall} from './small';

export function forward({kind, x, rows, scale, mask, outputShape}: ForwardRequest, backend: WebGPUBackend): TensorInfo {
  const tensors = mask ? [x, mask.tensor] : [x];
  const name = `${kind},${scale}${mask ? `,${mask.tensor.shape};${x.shape}` : ''}`;
  return (
    onCpuIfSmall(tensors, outputShape, backend, (out, values, kept) =>
      mask
        ? maskedForward(kind, floats(values), Uint8Array.from(kept!), out, rows, scale, mask)
        : forwardOnCpu(kind, floats(values), out, rows, scale),
    ) ??
    runRows(name, (vector) => forwardOp(kind, vector, scale, mask, rows.inner), tensors, rows, outputShape, backend)
  );
}
