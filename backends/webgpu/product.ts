import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductRequest} from '../backend';
import {product as productOnCpu} from '../engines/javascript/product';
import {productOp} from './ops/product_op';
import {runRows} from './run_rows';
import {floats, onCpuIfSmall} from './small';

export function product({kind, y, v, rows, factor}: ProductRequest, backend: WebGPUBackend): TensorInfo {
  return (
    onCpuIfSmall([y, v], y.shape, backend, (out, ofY, ofV) =>
      productOnCpu(kind, floats(ofY), floats(ofV!), out, rows, factor),
    ) ?? runRows((vector) => productOp(kind, vector, factor), [y, v], rows, y.shape, backend)
  );
}
