import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import {checkNotLost} from '../../tfjs/lost_values';
import type {CrossEntropyRequest, SoftmaxBackend} from '../backend';
import {
  forwardOnArrays,
  type Labels,
  lossGradientOnArrays,
  lossOnArrays,
  productOfLogitsOnArrays,
  productOnArrays,
} from '../engines/array_kernels';
import {scaleRows} from '../engines/javascript/scale_rows';
import {compileAhead} from '../engines/wasm/module';
import {stagesPrecompiled, stagingFailure} from '../engines/wasm/staging';
import {cpuFacts} from './facts';

/** tfjs's `cpu` backend: tensors are typed arrays. */
export const cpuBackend: SoftmaxBackend<MathBackendCPU> = {
  facts: cpuFacts,
  bounds: {softmax: 4, logSoftmax: 2, logSumExp: 1, product: 6, rowSum: 2 ** -22},
  fusesMasks: true,
  fusesReduction: true,

  forward({kind, x, rows, scale, mask, outputShape}, backend) {
    const out = new Float32Array(util.sizeFromShape(outputShape));
    forwardOnArrays(kind, float32Values(x, backend), out, rows, scale, mask, mask && flags(mask.tensor, backend));
    return backend.makeTensorInfo(outputShape, 'float32', out);
  },

  product({kind, y, v, rows, factor}, backend) {
    const [probabilities, vector] = [float32Values(y, backend), float32Values(v, backend)];
    const out = new Float32Array(vector.length);
    productOnArrays(kind, probabilities, vector, out, rows, factor);
    return backend.makeTensorInfo(y.shape, 'float32', out);
  },

  productFromLogits({kind, x, v, rows, scale, factor}, backend) {
    const [logits, vector] = [float32Values(x, backend), float32Values(v, backend)];
    const out = new Float32Array(vector.length);
    productOfLogitsOnArrays(kind, logits, vector, out, rows, scale, factor);
    return backend.makeTensorInfo(x.shape, 'float32', out);
  },

  crossEntropy(request, backend) {
    const out = new Float32Array(util.sizeFromShape(request.outputShape));
    lossOnArrays(float32Values(request.x, backend), labelValues(request, backend), out, request);
    return backend.makeTensorInfo(request.outputShape, 'float32', out);
  },

  crossEntropyGradient(request, backend) {
    const values = float32Values(request.x, backend);
    const out = new Float32Array(values.length);
    const cotangents = float32Values(request.cotangent, backend);
    lossGradientOnArrays(values, labelValues(request, backend), cotangents, out, request);
    return backend.makeTensorInfo(request.x.shape, 'float32', out);
  },

  scaleRows(x, g, rows, backend) {
    const values = float32Values(x, backend);
    const out = new Float32Array(values.length);
    scaleRows(values, float32Values(g, backend), out, rows);
    return backend.makeTensorInfo(x.shape, 'float32', out);
  },

  prepare: () => compileAhead(false),

  describe() {
    const failure = stagingFailure();
    return failure === null
      ? `WebAssembly${stagesPrecompiled() ? ' (precompiled)' : ''}, on copies in its own memory; plain TypeScript for ` +
          'tiny tensors'
      : `plain TypeScript in double precision: ${failure}`;
  },
};

/** The values of a float32 tensor. tfjs keeps some as plain arrays. */
function float32Values(tensor: TensorInfo, backend: MathBackendCPU): Float32Array {
  const values = arrayOf(tensor, backend);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

function labelValues({labels, sparse}: CrossEntropyRequest, backend: MathBackendCPU): Labels {
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
  const values = backend.data.get(tensor.dataId).values as TypedArray | number[];
  checkNotLost(tensor, values);
  return values;
}
