import {util} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backend';
import {stagedForward, stagedProduct, stagingFailure} from '../wasm/private_memory';
import {stagedLoss, stagedLossGradient, stagedMasked} from '../wasm/private_memory_loss_mask';
import {isLarge} from './in_parts';
import {forwardLarge, lossGradientLarge, lossLarge, productLarge, productOfLogitsLarge} from './large';
import {flagsOf, labelsOf, makeTensor, type NodeBackend, valuesOf} from './node_backend';
import {describeWorkplace} from './workplace';

/**
 * tfjs-node's `tensorflow` backend. TensorFlow's own ops cannot be these kernels: in 2.21 its Softmax is wrong by 16 ULP
 * on (-10, 10) and 38 to 61 on (-50, 50), its LogSoftmax by 9,700,000 at a confident maximum; and a call takes 5 µs.
 *
 * So the kernels are the WebAssembly ones. A tensor that no native op has used yet is a JavaScript array, and any array
 * can be a tensor: a small one takes no native call at all. Large ones are held by TensorFlow; see `large.ts`.
 */
export const tensorflowBackend: SoftmaxBackend<NodeBackend> = {
  masks: true,
  totals: true,

  forward(request, backend) {
    const {kind, x, rows, scale, mask, outputShape} = request;
    const result = isLarge(x) ? forwardLarge(request, backend) : null;
    if (result) return result;
    const out = new Float32Array(util.sizeFromShape(outputShape));
    if (mask) stagedMasked(kind, valuesOf(x, backend), flagsOf(mask.tensor, backend), out, rows, scale, mask);
    else stagedForward(kind, valuesOf(x, backend), out, rows, scale);
    return makeTensor(out, outputShape, backend);
  },

  product(request, backend) {
    const {kind, y, v, rows, factor} = request;
    const result = isLarge(y) ? productLarge(request, backend) : null;
    if (result) return result;
    const out = new Float32Array(util.sizeFromShape(y.shape));
    stagedProduct(kind, valuesOf(y, backend), valuesOf(v, backend), out, rows, factor);
    return makeTensor(out, y.shape, backend);
  },

  productOfLogits(request, backend) {
    return isLarge(request.x) ? productOfLogitsLarge(request, backend) : null;
  },

  crossEntropy(request, backend) {
    const {x, labels, outputShape} = request;
    const result = isLarge(x) ? lossLarge(request, backend) : null;
    if (result) return result;
    const out = new Float32Array(util.sizeFromShape(outputShape));
    stagedLoss(valuesOf(x, backend), labelsOf(labels, backend), out, request);
    return makeTensor(out, outputShape, backend);
  },

  crossEntropyGradient(request, backend) {
    const {x, labels, cotangent} = request;
    const result = isLarge(x) ? lossGradientLarge(request, backend) : null;
    if (result) return result;
    const out = new Float32Array(util.sizeFromShape(x.shape));
    const [given, cotangents] = [labelsOf(labels, backend), valuesOf(cotangent, backend)];
    stagedLossGradient(valuesOf(x, backend), given, cotangents, out, request);
    return makeTensor(out, x.shape, backend);
  },

  describe(backend) {
    const version = `beside TensorFlow ${backend.binding.TF_Version}`;
    const failure = stagingFailure();
    if (failure !== null) return `plain TypeScript, in double precision, ${version}: ${failure}`;
    return `WebAssembly on a memory of its own, ${version}; ${describeWorkplace(backend)}`;
  },
};
