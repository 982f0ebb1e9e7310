import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {logPlusOp} from './ops/log_plus_op';
import {runRows} from './run_rows';
import {floats, onCpuIfSmall} from './small';

export function logPlus(x: TensorInfo, c: number, backend: WebGPUBackend): TensorInfo {
  const {shape} = x;
  const small = onCpuIfSmall([x], shape, backend, (out, values) =>
    floats(values).forEach((value, i) => {
      out[i] = Math.log(value) + c;
    }),
  );
  // Each element is a row of its own.
  const rows = {outer: util.sizeFromShape(shape), n: 1, inner: 1};
  return small ?? runRows(`logPlus,${c}`, () => logPlusOp(c), [x], rows, shape, backend);
}
