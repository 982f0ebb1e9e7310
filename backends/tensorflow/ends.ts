/** Where the parts of tensors come from, and where those of results go: TensorFlow's memory or arrays in JavaScript. */
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {type CopyPart, type NativeCopies, nativeCopyOf} from './native_copy';
import {arrayOf, makeNativeTensor, makeTensor, type NodeBackend, nativeId} from './node_backend';

export interface Sink {
  copy: CopyPart;
  /** The tensor, once all parts are copied. */
  result(): TensorInfo;
  /** Instead of that, after an error, where there is something to dispose of. */
  abandon?(): void;
}

type Source = (part: number, place: Float32Array | Int32Array | Uint8Array) => void;

/** A tensor, copied by native ops or, without these, in JavaScript. */
export function sourceOf(
  tensor: TensorInfo,
  partSize: number,
  copies: NativeCopies | null,
  backend: NodeBackend,
): Source {
  if (copies) {
    const copy = copies.from(nativeId(tensor, backend)!, util.sizeFromShape(tensor.shape), partSize);
    return (part, place) => copy(part, place as Float32Array);
  }
  const values = arrayOf(tensor, backend);
  return (part, place) => place.set(values.subarray(part * partSize, part * partSize + place.length));
}

/** A new float32 tensor of parts with so many rows; with a width of 0 one number, their sum. */
export function sinkOf(
  {shape, width}: {shape: number[]; width: number},
  partRows: number,
  copies: NativeCopies | null,
  backend: NodeBackend,
): Sink {
  if (width === 0) return sum(shape, backend);
  return copies
    ? nativeTensor(shape, partRows * width, copies, backend)
    : tensorInJavaScript(shape, partRows * width, backend);
}

function nativeTensor(shape: number[], partSize: number, copies: NativeCopies, backend: NodeBackend): Sink {
  const size = util.sizeFromShape(shape);
  if (size > partSize) {
    const tensor = makeNativeTensor(shape, backend);
    let copyTo: CopyPart | undefined;
    return {
      copy(part, place) {
        copyTo ??= copies.to(nativeId(tensor, backend)!, size, partSize);
        copyTo(part, place);
      },
      result: () => tensor,
      abandon: () => tensor.dispose(),
    };
  }
  let tensor: TensorInfo;
  return {
    copy(_, place) {
      tensor = nativeCopyOf(place, shape, backend);
    },
    result: () => tensor,
  };
}

function tensorInJavaScript(shape: number[], partSize: number, backend: NodeBackend): Sink {
  const values = new Float32Array(util.sizeFromShape(shape));
  return {
    copy: (part, place) => values.set(place, part * partSize),
    result: () => makeTensor(values, shape, backend),
  };
}

function sum(shape: number[], backend: NodeBackend): Sink {
  let total = 0;
  return {
    copy(_, place) {
      for (const value of place) total += value;
    },
    result: () => makeTensor(Float32Array.of(total), shape, backend),
  };
}
