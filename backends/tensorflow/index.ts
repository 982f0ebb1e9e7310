import type {SoftmaxBackend} from '../backend';
import {forwardFor, lossFor, lossGradientFor, maskedFor, productFor} from '../engines/array_kernels';
import {stagingFailure} from '../engines/wasm/staging';
import {ArrayCall} from './array_call';
import {tensorflowFacts} from './facts';
import {isLarge} from './in_parts';
import {forwardLarge, lossGradientLarge, lossLarge, productLarge, productOfLogitsLarge} from './large';
import type {NodeBackend} from './node_backend';
import {describeWorkplace} from './workplace';

/**
 * tfjs-node's `tensorflow` backend. TensorFlow's own ops cannot be these kernels: in 2.21 its Softmax is wrong by 16 ULP
 * on (-10, 10) and 38 to 61 on (-50, 50), its LogSoftmax by 9,700,000 at a confident maximum; and a call takes 5 µs.
 *
 * So the kernels are those of the cpu backend. A tensor that no native op has used yet is a JavaScript array, and any array
 * can be a tensor: a small one takes no native call at all. Results from 2^15 elements on are held by TensorFlow; see
 * `native_result.ts`, and `large.ts` for tensors from 2^18 on.
 */
export const tensorflowBackend: SoftmaxBackend<NodeBackend> = {
  facts: tensorflowFacts,
  bounds: {softmax: 4, logSoftmax: 2, logSumExp: 1, product: 6, rowSum: 2 ** -22},
  fusesMasks: true,
  fusesReduction: true,

  forward(request, backend) {
    const {kind, x, rows, scale, mask, outputShape} = request;
    const result = isLarge(x.shape) ? forwardLarge(request, backend) : null;
    if (result) return result;
    const call = new ArrayCall(outputShape, backend);
    const values = call.read<Float32Array>(x);
    if (mask) maskedFor(values)(kind, values, call.read(mask.tensor), call.out, rows, scale, mask);
    else forwardFor(values)(kind, values, call.out, rows, scale);
    return call.result();
  },

  product(request, backend) {
    const {kind, y, v, rows, factor} = request;
    const result = isLarge(y.shape) ? productLarge(request, backend) : null;
    if (result) return result;
    const call = new ArrayCall(y.shape, backend);
    const probabilities = call.read<Float32Array>(y);
    productFor(probabilities)(kind, probabilities, call.read(v), call.out, rows, factor);
    return call.result();
  },

  productFromLogits(request, backend) {
    return isLarge(request.x.shape) ? productOfLogitsLarge(request, backend) : null;
  },

  crossEntropy(request, backend) {
    const {x, labels, outputShape} = request;
    const result = isLarge(x.shape) ? lossLarge(request, backend) : null;
    if (result) return result;
    const call = new ArrayCall(outputShape, backend);
    const values = call.read<Float32Array>(x);
    lossFor(values)(values, call.read(labels), call.out, request);
    return call.result();
  },

  crossEntropyGradient(request, backend) {
    const {x, labels, cotangent} = request;
    const result = isLarge(x.shape) ? lossGradientLarge(request, backend) : null;
    if (result) return result;
    const call = new ArrayCall(x.shape, backend);
    const values = call.read<Float32Array>(x);
    lossGradientFor(values)(values, call.read(labels), call.read(cotangent), call.out, request);
    return call.result();
  },

  describe(backend) {
    const version = `beside TensorFlow ${backend.binding.TF_Version}`;
    const failure = stagingFailure();
    if (failure !== null) return `plain TypeScript, in double precision, ${version}: ${failure}`;
    return `WebAssembly on a memory of its own, plain TypeScript for tiny tensors, ${version}; ${describeWorkplace(backend)}`;
  },
};
