/** Where the parts of tensors come from, and where those of results go: TensorFlow's memory or arrays in JavaScript. */
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {type CopyPart, type NativeCopies, nativeCopyOf} from './native_copy';
import {makeNativeTensor, makeTensor, type NodeBackend, nativeId, valuesOf} from './node_backend';

export interface Sink {
  copy: CopyPart;
  /** The tensor, once all parts are copied. */
  result(): TensorInfo;
  /** Instead of that, after an error. */
  abandon(): void;
}

/** From a float32 tensor. */
export function sourceOf(tensor: TensorInfo, partSize: number, copies: NativeCopies, backend: NodeBackend): CopyPart {
  const id = nativeId(tensor, backend);
  if (id !== null) return copies.from(id, util.sizeFromShape(tensor.shape), partSize);
  const values = valuesOf(tensor, backend);
  return (part, place) => place.set(values.subarray(part * partSize, part * partSize + place.length));
}

/** To a new tensor in JavaScript. */
export function sinkInJavaScript(shape: number[], partSize: number, _: NativeCopies, backend: NodeBackend): Sink {
  const values = new Float32Array(util.sizeFromShape(shape));
  return {
    copy: (part, place) => values.set(place, part * partSize),
    result: () => makeTensor(values, shape, backend),
    abandon() {},
  };
}

/** To a new tensor that TensorFlow holds. */
export function nativeSink(shape: number[], partSize: number, copies: NativeCopies, backend: NodeBackend): Sink {
  const size = util.sizeFromShape(shape);
  if (size > partSize) {
    const tensor = makeNativeTensor(shape, backend);
    const copy = copies.to(nativeId(tensor, backend)!, size, partSize);
    return {copy, result: () => tensor, abandon: () => tensor.dispose()};
  }
  let tensor: TensorInfo;
  return {
    copy(_, place) {
      tensor = nativeCopyOf(place, shape, backend);
    },
    result: () => tensor,
    abandon() {},
  };
}
