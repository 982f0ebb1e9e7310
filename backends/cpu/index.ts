import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backend';
import {forward} from './forward';
import {product} from './product';

/** tfjs's `cpu` backend: tensors are typed arrays. */
export const cpuBackend: SoftmaxBackend<MathBackendCPU> = {
  forward({kind, x, rows, scale, outputShape}, backend) {
    const out = new Float32Array(util.sizeFromShape(outputShape));
    forward(kind, float32Values(x, backend), out, rows, scale);
    return backend.makeTensorInfo(outputShape, 'float32', out);
  },

  product({kind, y, v, rows, factor}, backend) {
    const out = new Float32Array(util.sizeFromShape(y.shape));
    product(kind, float32Values(y, backend), float32Values(v, backend), out, rows, factor);
    return backend.makeTensorInfo(y.shape, 'float32', out);
  },

  describe: () => 'plain TypeScript, in double precision',
};

/** The values of a float32 tensor. tfjs keeps some as plain arrays. */
function float32Values(tensor: TensorInfo, backend: MathBackendCPU): Float32Array {
  const values = backend.data.get(tensor.dataId).values as TypedArray | number[];
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
