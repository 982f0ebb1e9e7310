import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {env} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backend';
import {crossEntropy, crossEntropyGradient} from './cross_entropy';
import {deviceOf} from './device';
import {forward} from './forward';
import {cutInWords} from './plan';
import {logSoftmaxVjp, product} from './product';
import {forwardIfSmall, productIfSmall} from './small';

/** tfjs's `webgl` backend: fragment shaders that read and write float textures; JavaScript for a few numbers. */
export const webglBackend: SoftmaxBackend<MathBackendWebGL> = {
  forward(request, backend) {
    const small = forwardIfSmall(request, backend);
    if (small) return small;
    requireWebGL2();
    return forward(request, backend);
  },

  masks: true,

  product(request, backend) {
    const small = productIfSmall(request, backend);
    if (small) return small;
    requireWebGL2();
    return product(request, backend);
  },

  productOfLogits(request, backend) {
    // Of the others, the sum would take the probabilities.
    if (request.kind !== 'logSoftmaxVjp' || backend.shouldExecuteOnCPU([request.x, request.v])) return null;
    requireWebGL2();
    return logSoftmaxVjp(request, backend);
  },

  crossEntropy(request, backend) {
    requireWebGL2();
    return crossEntropy(request, backend);
  },

  crossEntropyGradient(request, backend) {
    requireWebGL2();
    return crossEntropyGradient(request, backend);
  },

  describe(backend) {
    if (env().getNumber('WEBGL_VERSION') < 2) return 'none: it needs WebGL 2, and this is WebGL 1';
    const precision = env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') ? 'float32' : 'half-float';
    const device = deviceOf(backend);
    return `WebGL 2 shaders on ${precision} textures, ${device.renderer}; ${cutInWords(device)}`;
  },
};

/** @throws on WebGL 1, whose shaders have no integers and no access to the bits of a float */
function requireWebGL2(): void {
  if (env().getNumber('WEBGL_VERSION') >= 2) return;
  throw new Error(
    'tfjs-softmax needs WebGL 2, but this webgl backend runs on WebGL 1. ' +
      "Use another backend, such as tf.setBackend('wasm'), or do not install() these kernels.",
  );
}
