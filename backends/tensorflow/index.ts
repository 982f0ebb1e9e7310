import {util} from '@tensorflow/tfjs-core';
import type {SoftmaxBackend} from '../backend';
import {forward} from '../cpu/forward';
import {product} from '../cpu/product';
import {float32Values, makeTensor, type NodeBackend} from './node_backend';

/** tfjs-node's `tensorflow` backend. */
export const tensorflowBackend: SoftmaxBackend<NodeBackend> = {
  forward({kind, x, rows, scale, outputShape}, backend) {
    const out = new Float32Array(util.sizeFromShape(outputShape));
    forward(kind, float32Values(x, backend), out, rows, scale);
    return makeTensor(out, outputShape, backend);
  },

  product({kind, y, v, rows, factor}, backend) {
    const out = new Float32Array(util.sizeFromShape(y.shape));
    product(kind, float32Values(y, backend), float32Values(v, backend), out, rows, factor);
    return makeTensor(out, y.shape, backend);
  },

  describe: ({binding}) => `plain TypeScript, in double precision, beside TensorFlow ${binding.TF_Version}`,
};
