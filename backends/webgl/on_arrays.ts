import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {CrossEntropyGradientRequest, CrossEntropyRequest, ForwardRequest, ProductRequest} from '../backend';
import * as arrays from '../engines/array_kernels';
import {forward} from '../engines/javascript/forward';
import {product} from '../engines/javascript/product';
import {checkNotLost} from '../lost';
import {lostContext} from './context';

/**
 * The family on typed arrays, for what is no matter for a shader: small tensors that are not in a texture, which tfjs's own
 * kernels compute on the CPU too, sooner than they could be uploaded (its flag WEBGL_CPU_FORWARD and the size say which);
 * and everything on WebGL 1, where values are read back first.
 */
export function forwardOnArrays(
  {kind, x, rows, scale, mask, outputShape}: ForwardRequest,
  backend: MathBackendWebGL,
): TensorInfo {
  const values = float32Values(x, backend);
  const out = new Float32Array(util.sizeFromShape(outputShape));
  const flags = mask && Uint8Array.from(valuesOf(mask.tensor, backend));
  if (!mask && isTiny(values)) forward(kind, values, out, rows, scale);
  else arrays.forwardOnArrays(kind, values, out, rows, scale, mask, flags);
  return backend.makeTensorInfo(outputShape, 'float32', out);
}

export function productOnArrays({kind, y, v, rows, factor}: ProductRequest, backend: MathBackendWebGL): TensorInfo {
  const [probabilities, vector] = [float32Values(y, backend), float32Values(v, backend)];
  const out = new Float32Array(vector.length);
  const run = isTiny(vector) ? product : arrays.productOnArrays;
  run(kind, probabilities, vector, out, rows, factor);
  return backend.makeTensorInfo(y.shape, 'float32', out);
}

export function crossEntropyOnArrays(request: CrossEntropyRequest, backend: MathBackendWebGL): TensorInfo {
  const values = float32Values(request.x, backend);
  const out = new Float32Array(util.sizeFromShape(request.outputShape));
  arrays.lossOnArrays(values, labelValues(request, backend), out, request);
  return backend.makeTensorInfo(request.outputShape, 'float32', out);
}

export function crossEntropyGradientOnArrays(
  request: CrossEntropyGradientRequest,
  backend: MathBackendWebGL,
): TensorInfo {
  const values = float32Values(request.x, backend);
  const out = new Float32Array(values.length);
  const cotangents = float32Values(request.cotangent, backend);
  arrays.lossGradientOnArrays(values, labelValues(request, backend), cotangents, out, request);
  return backend.makeTensorInfo(request.x.shape, 'float32', out);
}

/** As tfjs counts: up to here plain TypeScript is soon done, and a page may never need WebAssembly. */
function isTiny({length}: Float32Array): boolean {
  return length < 128;
}

function labelValues({labels, sparse}: CrossEntropyRequest, backend: MathBackendWebGL): Float32Array | Int32Array {
  return sparse ? Int32Array.from(valuesOf(labels, backend)) : float32Values(labels, backend);
}

/** tfjs keeps some values as plain arrays. */
function float32Values(tensor: TensorInfo, backend: MathBackendWebGL): Float32Array {
  const values = valuesOf(tensor, backend);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** Of a tensor on the CPU or, read back, in a texture. */
function valuesOf({dataId}: TensorInfo, backend: MathBackendWebGL): TypedArray | number[] {
  if (backend.texData.get(dataId).values == null) checkNotLost('webgl', lostContext(backend));
  return backend.readSync(dataId) as TypedArray | number[];
}
