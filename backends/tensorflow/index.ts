import type {SoftmaxBackend} from '../backend';
import {
  forwardOnArrays,
  type Labels,
  lossGradientOnArrays,
  lossOnArrays,
  productOfLogitsOnArrays,
  productOnArrays,
} from '../engines/array_kernels';
import {planForward, planLoss, planLossGradient, planProduct, planProductOfLogits} from '../engines/wasm/plan';
import {hasThreads, partsOfStaging, stagingThreads} from '../engines/wasm/shared_staging';
import {stagingFailure} from '../engines/wasm/staging';
import {ArrayCall} from './array_call';
import {LARGE, tensorflowFacts} from './facts';
import type {NodeBackend} from './node_backend';

/**
 * tfjs-node's `tensorflow` backend. TensorFlow's own ops cannot be these kernels: in 2.21 its Softmax is wrong by 16 ULP
 * on (-10, 10) and 38 to 61 on (-50, 50), its LogSoftmax by 9,700,000 at a confident maximum; and a call takes 5 µs.
 *
 * So the kernels are those of the cpu backend. A tensor that no native op has used yet is a JavaScript array, and any array
 * can be a tensor: a small one takes no native call at all. Results from 2^15 elements on are held by TensorFlow; see
 * `native_result.ts`.
 */
export const tensorflowBackend: SoftmaxBackend<NodeBackend> = {
  facts: tensorflowFacts,
  bounds: {softmax: 4, logSoftmax: 2, logSumExp: 1, product: 6, rowSum: 2 ** -22},
  fusesMasks: true,
  fusesReduction: true,

  forward({kind, x, rows, scale, mask, outputShape}, backend) {
    const call = new ArrayCall(outputShape, backend);
    const logits = call.read<Float32Array>(x);
    const flags = mask && call.read<Uint8Array>(mask.tensor);
    if (logits.length < LARGE || !call.onThreads(planForward(kind, rows, scale, mask), logits, flags)) {
      forwardOnArrays(kind, logits, call.out, rows, scale, mask, flags);
    }
    return call.result();
  },

  product({kind, y, v, rows, factor}, backend) {
    const call = new ArrayCall(y.shape, backend);
    const [probabilities, vector] = [call.read<Float32Array>(y), call.read<Float32Array>(v)];
    if (vector.length < LARGE || !call.onThreads(planProduct(kind, rows, factor), probabilities, vector)) {
      productOnArrays(kind, probabilities, vector, call.out, rows, factor);
    }
    return call.result();
  },

  productFromLogits({kind, x, v, rows, scale, factor}, backend) {
    const isLarge = rows.outer * rows.n * rows.inner >= LARGE && hasThreads();
    const plan = isLarge ? planProductOfLogits(kind, rows, scale, factor) : null;
    if (isLarge && !plan) return null;
    const call = new ArrayCall(x.shape, backend);
    const [logits, vector] = [call.read<Float32Array>(x), call.read<Float32Array>(v)];
    if (!plan || !call.onThreads(plan, logits, vector)) {
      productOfLogitsOnArrays(kind, logits, vector, call.out, rows, scale, factor);
    }
    return call.result();
  },

  crossEntropy(request, backend) {
    const call = new ArrayCall(request.outputShape, backend);
    const [logits, labels] = [call.read<Float32Array>(request.x), call.read<Labels>(request.labels)];
    if (logits.length < LARGE || !call.onThreads(planLoss(request), logits, labels)) {
      lossOnArrays(logits, labels, call.out, request);
    }
    return call.result();
  },

  crossEntropyGradient(request, backend) {
    const call = new ArrayCall(request.x.shape, backend);
    const [logits, labels] = [call.read<Float32Array>(request.x), call.read<Labels>(request.labels)];
    const cotangents = call.read<Float32Array>(request.cotangent);
    if (logits.length < LARGE || !call.onThreads(planLossGradient(request), logits, labels, cotangents)) {
      lossGradientOnArrays(logits, labels, cotangents, call.out, request);
    }
    return call.result();
  },

  threads: stagingThreads,
  partsDone: partsOfStaging,

  describe({binding}) {
    const version = `beside TensorFlow ${binding.TF_Version}`;
    const failure = stagingFailure();
    if (failure !== null) return `plain TypeScript in double precision, ${version}: ${failure}`;
    const count = stagingThreads();
    const threads = count > 1 ? `on ${count} threads` : 'on one thread';
    return `WebAssembly, on copies in its own memory; plain TypeScript for tiny tensors, ${version}; large tensors ${threads}`;
  },
};
