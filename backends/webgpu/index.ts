import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {SoftmaxBackend} from '../backend';
import {crossEntropy, crossEntropyGradient} from './cross_entropy';
import {webgpuFacts} from './facts';
import {forward} from './forward';
import {adapterName, hardwareOf} from './hardware';
import {logPlus} from './log_plus';
import {lostDevice} from './lost_device';
import {product, productFromLogits} from './product';

/** tfjs's `webgpu` backend: compute shaders, one dispatch an op, or two where rows are few and long. */
export const webgpuBackend: SoftmaxBackend<WebGPUBackend> = {
  facts: webgpuFacts,
  bounds: {softmax: 6, logSoftmax: 5, logSumExp: 2, product: 8, rowSum: 2 ** -22, flushesLogits: true},
  forward,
  fusesMasks: true,
  product,
  productFromLogits,
  crossEntropy,
  crossEntropyGradient,
  fusesReduction: true,
  logPlus,
  castsShareIntegers: true,
  lost: lostDevice,

  describe(backend) {
    const software = hardwareOf(backend).software ? ', simulated on the CPU' : '';
    return `WebGPU shaders on ${adapterName(backend) || 'an adapter without a name'}${software}`;
  },
};
