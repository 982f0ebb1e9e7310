import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backend';
import {stagedForward, stagedProduct, stagesPrecompiled, stagingFailure} from '../wasm/private_memory';
import {forward} from './forward';
import {product} from './product';

/**
 * From this many elements on the WebAssembly kernels are faster, the copies into their memory and out of it included;
 * below it plain TypeScript is. `benchmarks/staging.ts` measures where they meet.
 */
export const SMALLEST_STAGED = {forward: 48, product: 128};

/** tfjs's `cpu` backend: tensors are typed arrays. Plain TypeScript also runs where exactness is asked for: it has doubles. */
export const cpuBackend: SoftmaxBackend<MathBackendCPU> = {
  forward({kind, x, rows, scale, exact, outputShape}, backend) {
    const values = float32Values(x, backend);
    const out = new Float32Array(util.sizeFromShape(outputShape));
    const run = exact || values.length < SMALLEST_STAGED.forward ? forward : stagedForward;
    run(kind, values, out, rows, scale);
    return backend.makeTensorInfo(outputShape, 'float32', out);
  },

  product({kind, y, v, rows, factor, exact}, backend) {
    const [probabilities, vector] = [float32Values(y, backend), float32Values(v, backend)];
    const out = new Float32Array(vector.length);
    const run = exact || vector.length < SMALLEST_STAGED.product ? product : stagedProduct;
    run(kind, probabilities, vector, out, rows, factor);
    return backend.makeTensorInfo(y.shape, 'float32', out);
  },

  describe() {
    const failure = stagingFailure();
    return failure === null
      ? `WebAssembly${stagesPrecompiled() ? ' (precompiled)' : ''}, by way of a memory of its own; plain TypeScript for ` +
          'tiny tensors and for Jacobian products from logits'
      : `plain TypeScript, in double precision: ${failure}`;
  },
};

/** The values of a float32 tensor. tfjs keeps some as plain arrays. */
function float32Values(tensor: TensorInfo, backend: MathBackendCPU): Float32Array {
  const values = backend.data.get(tensor.dataId).values as TypedArray | number[];
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
