import type {SoftmaxBackend} from '../backend';
import {
  forwardOnArrays,
  lossGradientOnArrays,
  lossOnArrays,
  productOfLogitsOnArrays,
  productOnArrays,
} from '../engines/array_kernels';
import {planForward, planLoss, planLossGradient, planProduct, planProductOfLogits} from '../engines/wasm/plan';
import {hasThreads, poolOfStaging, stagingThreads} from '../engines/wasm/shared_staging';
import {stagingFailure} from '../engines/wasm/staging';
import {callOnArrays} from './array_call';
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
    const plan = () => planForward(kind, rows, scale, mask);
    return callOnArrays(outputShape, mask ? [x, mask.tensor] : [x], backend, plan, (out, logits, flags) =>
      forwardOnArrays(kind, logits, out, rows, scale, mask, flags),
    );
  },

  product({kind, y, v, rows, factor}, backend) {
    const plan = () => planProduct(kind, rows, factor);
    return callOnArrays(y.shape, [y, v], backend, plan, (out, probabilities, vector) =>
      productOnArrays(kind, probabilities, vector, out, rows, factor),
    );
  },

  productFromLogits({kind, x, v, rows, scale, factor}, backend) {
    const plan = () => planProductOfLogits(kind, rows, scale, factor);
    if (rows.outer * rows.n * rows.inner >= LARGE && hasThreads() && !plan()) return null;
    return callOnArrays(x.shape, [x, v], backend, plan, (out, logits, vector) =>
      productOfLogitsOnArrays(kind, logits, vector, out, rows, scale, factor),
    );
  },

  crossEntropy(request, backend) {
    const {x, labels, outputShape} = request;
    const plan = () => planLoss(request);
    return callOnArrays(outputShape, [x, labels], backend, plan, (out, logits, given) =>
      lossOnArrays(logits, given, out, request),
    );
  },

  crossEntropyGradient(request, backend) {
    const {x, labels, cotangent} = request;
    const plan = () => planLossGradient(request);
    return callOnArrays(x.shape, [x, labels, cotangent], backend, plan, (out, logits, given, cotangents) =>
      lossGradientOnArrays(logits, given, cotangents, out, request),
    );
  },

  threads: stagingThreads,
  pool: poolOfStaging,

  describe({binding}) {
    const version = `beside TensorFlow ${binding.TF_Version}`;
    const failure = stagingFailure();
    if (failure !== null) return `plain TypeScript in double precision, ${version}: ${failure}`;
    const count = stagingThreads();
    const threads = count > 1 ? `on ${count} threads` : 'on one thread';
    return `WebAssembly, on copies in its own memory; plain TypeScript for tiny tensors, ${version}; large tensors ${threads}`;
  },
};
