import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {CrossEntropyRequest, SoftmaxBackend} from '../backend';
import {stagedForward, stagedProduct, stagesPrecompiled, stagingFailure} from '../wasm/private_memory';
import {stagedLoss, stagedLossGradient, stagedMasked} from '../wasm/private_memory_loss_mask';
import {crossEntropy, crossEntropyGradient} from './cross_entropy';
import {forward} from './forward';
import {maskedForward} from './masked';
import {product} from './product';
import {timesRows} from './times_rows';

/**
 * From this many elements on the WebAssembly kernels are faster, the copies into their memory and out of it included;
 * below it plain TypeScript is. `benchmarks/staging.ts` measures where they meet.
 */
export const SMALLEST_STAGED = {forward: 48, product: 128, masked: 8, loss: 96, lossGradient: 96};

/** tfjs's `cpu` backend: tensors are typed arrays. Plain TypeScript also runs where exactness is asked for: it has doubles. */
export const cpuBackend: SoftmaxBackend<MathBackendCPU> = {
  masks: true,
  totals: true,

  forward({kind, x, rows, scale, mask, exact, outputShape}, backend) {
    const values = float32Values(x, backend);
    const out = new Float32Array(util.sizeFromShape(outputShape));
    if (mask) {
      const run = exact || values.length < SMALLEST_STAGED.masked ? maskedForward : stagedMasked;
      run(kind, values, flags(mask.tensor, backend), out, rows, scale, mask);
      return backend.makeTensorInfo(outputShape, 'float32', out);
    }
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

  crossEntropy(request, backend) {
    const values = float32Values(request.x, backend);
    const out = new Float32Array(util.sizeFromShape(request.outputShape));
    const run = values.length < SMALLEST_STAGED.loss ? crossEntropy : stagedLoss;
    run(values, labelValues(request, backend), out, request);
    return backend.makeTensorInfo(request.outputShape, 'float32', out);
  },

  crossEntropyGradient(request, backend) {
    const values = float32Values(request.x, backend);
    const out = new Float32Array(values.length);
    const run = values.length < SMALLEST_STAGED.lossGradient ? crossEntropyGradient : stagedLossGradient;
    run(values, labelValues(request, backend), float32Values(request.cotangent, backend), out, request);
    return backend.makeTensorInfo(request.x.shape, 'float32', out);
  },

  timesRows(x, g, rows, backend) {
    const values = float32Values(x, backend);
    const out = new Float32Array(values.length);
    timesRows(values, float32Values(g, backend), out, rows);
    return backend.makeTensorInfo(x.shape, 'float32', out);
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
  const values = arrayOf(tensor, backend);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

function labelValues({labels, sparse}: CrossEntropyRequest, backend: MathBackendCPU): Float32Array | Int32Array {
  if (!sparse) return float32Values(labels, backend);
  const values = arrayOf(labels, backend);
  return values instanceof Int32Array ? values : Int32Array.from(values);
}

/** The values of a bool tensor, 1 for true. */
function flags(tensor: TensorInfo, backend: MathBackendCPU): Uint8Array {
  const values = arrayOf(tensor, backend);
  return values instanceof Uint8Array ? values : Uint8Array.from(values, Number);
}

function arrayOf(tensor: TensorInfo, backend: MathBackendCPU): TypedArray | number[] {
  return backend.data.get(tensor.dataId).values as TypedArray | number[];
}
