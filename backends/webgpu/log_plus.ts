import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {valuesOf} from './on_arrays';
import {logPlusOp} from './ops/log_plus_op';
import {runRows} from './run_rows';

export function logPlus(x: TensorInfo, c: number, backend: WebGPUBackend): TensorInfo {
  const {shape} = x;
  if (backend.shouldExecuteOnCPU([x])) {
    const logarithms = Float32Array.from(valuesOf(x, backend), (value) => Math.log(value) + c);
    return backend.makeTensorInfo(shape, 'float32', logarithms);
  }
  // Each element is a row of its own.
  const rows = {outer: util.sizeFromShape(shape), n: 1, inner: 1};
  return runRows(`logPlus,${c}`, () => logPlusOp(c), [x], rows, shape, backend);
}
