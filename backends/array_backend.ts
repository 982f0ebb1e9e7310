import type {DataType, KernelBackend, TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {CrossEntropyRequest, SoftmaxBackend} from './backend';
import * as arrays from './engines/array_kernels';
import {forward} from './engines/javascript/forward';
import {product} from './engines/javascript/product';
import {scaleRows} from './engines/javascript/scale_rows';
import type {Values} from './engines/wasm/staging';

/** A tfjs backend that makes tensors of typed arrays. */
interface ArrayBackend extends KernelBackend {
  makeTensorInfo(shape: number[], dtype: DataType, values: Float32Array): TensorInfo;
}

type OnArrays<B extends ArrayBackend> = Required<
  Pick<
    SoftmaxBackend<B>,
    'forward' | 'product' | 'productFromLogits' | 'crossEntropy' | 'crossEntropyGradient' | 'scaleRows'
  >
>;

const ARRAYS = {float32: Float32Array, int32: Int32Array, bool: Uint8Array};

/** The values of a tensor of that dtype. tfjs lets one be made from an array of another type: from booleans, or doubles. */
export function typed(values: ArrayLike<number | boolean>, dtype: string): Values {
  const ArrayOf = ARRAYS[dtype as keyof typeof ARRAYS];
  return values instanceof ArrayOf ? values : ArrayOf.from(values as ArrayLike<number>);
}

/**
 * The family for a backend whose tensors are typed arrays, or can be read as such.
 *
 * @param valuesOf the values of a tensor; tfjs keeps some as plain arrays
 * @param plainBelow softmax and products of fewer elements are computed without WebAssembly
 */
export function onArrays<B extends ArrayBackend>(
  valuesOf: (tensor: TensorInfo, backend: B) => TypedArray | number[],
  plainBelow = 0,
): OnArrays<B> {
  const read = (tensor: TensorInfo, backend: B) => typed(valuesOf(tensor, backend), tensor.dtype);
  const floats = read as (tensor: TensorInfo, backend: B) => Float32Array;
  const labelsOf = ({labels}: CrossEntropyRequest, backend: B) => read(labels, backend) as arrays.Labels;
  return {
    forward({kind, x, rows, scale, mask, outputShape}, backend) {
      const values = floats(x, backend);
      const out = new Float32Array(util.sizeFromShape(outputShape));
      if (!mask && values.length < plainBelow) forward(kind, values, out, rows, scale);
      else
        arrays.forwardOnArrays(
          kind,
          values,
          out,
          rows,
          scale,
          mask,
          mask && (read(mask.tensor, backend) as Uint8Array),
        );
      return backend.makeTensorInfo(outputShape, 'float32', out);
    },

    product({kind, y, v, rows, factor}, backend) {
      const [probabilities, vector] = [floats(y, backend), floats(v, backend)];
      const out = new Float32Array(vector.length);
      const run = vector.length < plainBelow ? product : arrays.productOnArrays;
      run(kind, probabilities, vector, out, rows, factor);
      return backend.makeTensorInfo(y.shape, 'float32', out);
    },

    productFromLogits({kind, x, v, rows, scale, factor}, backend) {
      const [logits, vector] = [floats(x, backend), floats(v, backend)];
      const out = new Float32Array(vector.length);
      arrays.productOfLogitsOnArrays(kind, logits, vector, out, rows, scale, factor);
      return backend.makeTensorInfo(x.shape, 'float32', out);
    },

    crossEntropy(request, backend) {
      const out = new Float32Array(util.sizeFromShape(request.outputShape));
      arrays.lossOnArrays(floats(request.x, backend), labelsOf(request, backend), out, request);
      return backend.makeTensorInfo(request.outputShape, 'float32', out);
    },

    crossEntropyGradient(request, backend) {
      const values = floats(request.x, backend);
      const out = new Float32Array(values.length);
      const cotangents = floats(request.cotangent, backend);
      arrays.lossGradientOnArrays(values, labelsOf(request, backend), cotangents, out, request);
      return backend.makeTensorInfo(request.x.shape, 'float32', out);
    },

    scaleRows(x, g, rows, backend) {
      const values = floats(x, backend);
      const out = new Float32Array(values.length);
      scaleRows(values, floats(g, backend), out, rows);
      return backend.makeTensorInfo(x.shape, 'float32', out);
    },
  };
}
