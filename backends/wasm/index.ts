import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backend';
import {lossGradientOnArrays, lossOnArrays, productOnArrays} from '../engines/array_kernels';
import {planLoss, planLossGradient, planProduct, planProductOfLogits} from '../engines/wasm/plan';
import {stagingFailure} from '../engines/wasm/staging';
import {accessTo, prepare, valuesOf} from './access';
import {execute} from './execute';
import {wasmFacts} from './facts';
import {forward} from './forward';
import {withOutput} from './output';
import {threadsBeforeStart} from './pool';

/** tfjs's `wasm` backend: the kernels run in place on its memory, on the very bytes of its tensors. */
export const wasmBackend: SoftmaxBackend<BackendWasm> = {
  facts: wasmFacts,
  // The kernels of products stay within 4 of the probabilities that they are given; the rest is what these are off.
  bounds: {softmax: 4, logSoftmax: 2, logSumExp: 1, product: 6, rowSum: 2 ** -22},
  fusesMasks: true,
  fusesReduction: true,

  forward,

  product({kind, y, v, rows, factor}, backend) {
    const access = accessTo(backend, y);
    if (access.kernels) return execute(planProduct(kind, rows, factor), y.shape, access, backend, y, v);
    return withOutput(y.shape, backend, (out) => {
      productOnArrays(kind, floats(y, backend), floats(v, backend), floats(out, backend), rows, factor);
    });
  },

  productFromLogits({kind, x, v, rows, scale, factor}, backend) {
    const access = accessTo(backend, x);
    const plan = access.kernels && planProductOfLogits(kind, rows, scale, factor);
    return plan && execute(plan, x.shape, access, backend, x, v);
  },

  crossEntropy(request, backend) {
    const {x, labels, sparse, outputShape} = request;
    const access = accessTo(backend, x);
    if (access.kernels) return execute(planLoss(request), outputShape, access, backend, x, labels);
    return withOutput(outputShape, backend, (out) => {
      const given = valuesOf(labels, sparse ? 'int32' : 'float32', backend);
      lossOnArrays(floats(x, backend), given, floats(out, backend), request);
    });
  },

  crossEntropyGradient(request, backend) {
    const {x, labels, cotangent, sparse} = request;
    const access = accessTo(backend, x);
    if (access.kernels) return execute(planLossGradient(request), x.shape, access, backend, x, labels, cotangent);
    return withOutput(x.shape, backend, (out) => {
      const given = valuesOf(labels, sparse ? 'int32' : 'float32', backend);
      lossGradientOnArrays(floats(x, backend), given, floats(cotangent, backend), floats(out, backend), request);
    });
  },

  prepare,

  threads(backend) {
    return backend ? (accessTo(backend).pool?.count ?? 1) : threadsBeforeStart();
  },

  pool(backend) {
    return accessTo(backend).pool?.threads;
  },

  sharesRows: true,

  describe(backend) {
    const {kernels, pool, obstacle} = accessTo(backend);
    if (kernels) {
      const {build, given} = kernels;
      return `WebAssembly (${build}${given ? ', precompiled' : ''}), in place on tfjs's memory, ${pool.describe()}`;
    }
    const failure = stagingFailure();
    return failure === null
      ? `WebAssembly, on copies in its own memory: ${obstacle}`
      : `plain TypeScript in double precision: ${failure}`;
  },
};

function floats(tensor: TensorInfo, backend: BackendWasm): Float32Array {
  return valuesOf(tensor, 'float32', backend);
}
