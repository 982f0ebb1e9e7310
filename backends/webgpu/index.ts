import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backend';
import {crossEntropy, crossEntropyGradient} from './cross_entropy';
import {forward} from './forward';
import {adapterName, hardwareOf} from './hardware';
import {logPlus} from './log_plus';
import {lostDevice} from './lost_device';
import {byArrays} from './on_arrays';
import {isFused, product, productFromLogits} from './product';

/** tfjs's `webgpu` backend: compute shaders, one dispatch an op, or two where rows are few and long. */
export const webgpuBackend: SoftmaxBackend<WebGPUBackend> = {
  facts: {
    package: '@tensorflow/tfjs-backend-webgpu',
    needs: 'WebGPU',
    gpu: true,
    readsLater: true,
    isSoftware: (backend) => hardwareOf(backend as WebGPUBackend).software,
  },
  bounds: {softmax: 6, logSoftmax: 5, logSumExp: 2, product: 8, rowSum: 2 ** -22, flushesLogits: true},

  forward: (request, backend) =>
    wayOf(request.mask ? [request.x, request.mask.tensor] : [request.x], backend).forward(request, backend),

  fusesMasks: true,

  product: (request, backend) => wayOf([request.y, request.v], backend).product(request, backend),

  productFromLogits: (request, backend) =>
    isFused(request) ? wayOf([request.x, request.v], backend).productFromLogits(request, backend) : null,

  crossEntropy: (request, backend) => wayOf([request.x, request.labels], backend).crossEntropy(request, backend),

  crossEntropyGradient: (request, backend) =>
    wayOf([request.x, request.labels, request.cotangent], backend).crossEntropyGradient(request, backend),

  fusesReduction: true,
  logPlus,
  castsShareIntegers: true,
  lost: lostDevice,

  describe(backend) {
    const software = hardwareOf(backend).software ? ', simulated on the CPU' : '';
    return `WebGPU shaders on ${adapterName(backend) || 'an adapter without a name'}${software}`;
  },
};

const SHADERS = {forward, product, productFromLogits, crossEntropy, crossEntropyGradient};

/** @param tensors those that, if all are small, are better computed on the CPU */
function wayOf(tensors: TensorInfo[], backend: WebGPUBackend) {
  return backend.shouldExecuteOnCPU(tensors) ? byArrays : SHADERS;
}
