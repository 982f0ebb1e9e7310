import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {env, type TensorInfo} from '@tensorflow/tfjs-core';
import {webglKeepsHalfFloats} from '../../tfjs/half_floats';
import type {SoftmaxBackend} from '../backend';
import {crossEntropy, crossEntropyGradient} from './cross_entropy';
import {deviceOf, lostContext} from './device';
import {forward} from './forward';
import {byArrays} from './on_arrays';
import {cutInWords} from './plan';
import {product} from './product';

/** tfjs's `webgl` backend: fragment shaders that read and write float textures; JavaScript for a few numbers. */
export const webglBackend: SoftmaxBackend<MathBackendWebGL> = {
  facts: {
    package: '@tensorflow/tfjs-backend-webgl',
    needs: 'WebGL',
    gpu: true,
    wants: 'WebGL 2',
    halfFloats: webglKeepsHalfFloats,
  },
  // Of float32 textures. The error of a product is twice that of its softmax, in its unit, and its own.
  bounds: {softmax: 6, logSoftmax: 5, logSumExp: 2, product: 10, rowSum: 2 ** -22, flushesLogits: true},

  forward: (request, backend) => wayOf(request.mask ? [] : [request.x], backend).forward(request, backend),

  fusesMasks: true,

  product: (request, backend) => wayOf([request.y, request.v], backend).product(request, backend),

  productFromLogits(request, backend) {
    // The sums of the others would take the probabilities.
    const isFused = request.kind === 'logSoftmaxVjp' && wayOf([request.x, request.v], backend) === SHADERS;
    return isFused ? product(request, backend) : null;
  },

  crossEntropy: (request, backend) => wayOf([], backend).crossEntropy(request, backend),
  crossEntropyGradient: (request, backend) => wayOf([], backend).crossEntropyGradient(request, backend),

  detour: onWebGL1,

  lost: lostContext,

  describe(backend) {
    const detour = onWebGL1();
    if (detour) return detour;
    const precision = webglKeepsHalfFloats() ? 'half-float' : 'float32';
    const device = deviceOf(backend);
    return `WebGL 2 shaders on ${precision} textures, ${device.renderer}; ${cutInWords(device)}`;
  },
};

const SHADERS = {forward, product, crossEntropy, crossEntropyGradient};

/** @param tensors those that, if they are small, are better computed on the CPU */
function wayOf(tensors: TensorInfo[], backend: MathBackendWebGL) {
  const isOnCpu = onWebGL1() !== null || (tensors.length > 0 && backend.shouldExecuteOnCPU(tensors));
  return isOnCpu ? byArrays : SHADERS;
}

/** What is done there, or null elsewhere: shaders of WebGL 1 have no integers and no access to the bits of a float. */
function onWebGL1(): string | null {
  if (env().getFlags().WEBGL_VERSION !== 1) return null; // known once the backend has started
  return 'this is WebGL 1, and the shaders need WebGL 2: ops called by name are computed on the CPU';
}
