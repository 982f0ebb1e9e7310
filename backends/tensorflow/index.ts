import {util} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backend';
import {forward} from '../cpu/forward';
import {product} from '../cpu/product';
import {buffers} from './buffers';
import type {NodeBackend} from './node_backend';
import {stageIn, stageOut} from './staging';

/**
 * tfjs-node's `tensorflow` backend. TensorFlow's own ops are not exact enough to be these kernels (2.21): its Softmax is
 * wrong by 16 ULP on (-10, 10) and 38 to 61 on (-50, 50), its LogSoftmax by 9,700,000 at a confident maximum, and a call
 * takes 5 µs. So values are staged through buffers of ours; see `staging.ts` for what that costs.
 */
export const tensorflowBackend: SoftmaxBackend<NodeBackend> = {
  forward({kind, x, rows, scale, outputShape}, backend) {
    const [logits, out] = buffers([util.sizeFromShape(x.shape), util.sizeFromShape(outputShape)]) as Two;
    stageIn(x, logits, backend);
    forward(kind, logits, out, rows, scale);
    return stageOut(out, outputShape, backend);
  },

  product({kind, y, v, rows, factor}, backend) {
    const size = util.sizeFromShape(y.shape);
    const [probabilities, vector, out] = buffers([size, size, size]) as Three;
    stageIn(y, probabilities, backend);
    stageIn(v, vector, backend);
    product(kind, probabilities, vector, out, rows, factor);
    return stageOut(out, y.shape, backend);
  },

  describe: ({binding}) => `plain TypeScript, in double precision, beside TensorFlow ${binding.TF_Version}`,
};

type Two = [Float32Array, Float32Array];
type Three = [Float32Array, Float32Array, Float32Array];
