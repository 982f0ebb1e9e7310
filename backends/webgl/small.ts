import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {ForwardRequest, ProductRequest} from '../backend';
import {forward} from '../engines/javascript/forward';
import {product} from '../engines/javascript/product';

/**
 * Small tensors that are not in a texture are computed where they are, in JavaScript, as by tfjs's own kernels: sooner
 * than they could be uploaded. tfjs says which, by its flag WEBGL_CPU_FORWARD and by size. Others are left, with null.
 */
export function forwardIfSmall(
  {kind, x, rows, scale, mask, outputShape}: ForwardRequest,
  backend: MathBackendWebGL,
): TensorInfo | null {
  if (mask || !backend.shouldExecuteOnCPU([x])) return null;
  const out = new Float32Array(util.sizeFromShape(outputShape));
  forward(kind, valuesOf(x, backend), out, rows, scale);
  return backend.makeTensorInfo(outputShape, 'float32', out);
}

export function productIfSmall(
  {kind, y, v, rows, factor}: ProductRequest,
  backend: MathBackendWebGL,
): TensorInfo | null {
  if (!backend.shouldExecuteOnCPU([y, v])) return null;
  const out = new Float32Array(util.sizeFromShape(y.shape));
  product(kind, valuesOf(y, backend), valuesOf(v, backend), out, rows, factor);
  return backend.makeTensorInfo(y.shape, 'float32', out);
}

function valuesOf({dataId}: TensorInfo, backend: MathBackendWebGL): Float32Array {
  const values = backend.texData.get(dataId).values as TypedArray | number[];
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
