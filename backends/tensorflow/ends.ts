/** Where the parts of tensors come from, and where those of results go: TensorFlow's memory or arrays in JavaScript. */
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {type CopyPart, type NativeCopies, nativeCopyOf, PART_UNIT} from './native_copy';
import {arrayOf, makeNativeTensor, makeTensor, type NodeBackend, nativeId} from './node_backend';

/**
 * Brings a part of a tensor to the memory: to `at`, in bytes, a multiple of 64 with as much free room before it.
 * @returns where its first element is: there, or a little before
 */
export type Source = (part: number, at: number) => number;

export interface Sink {
  /** Takes a part from `at`, in bytes, a multiple of 64; its first element is so many bytes further on: see `shiftOf`. */
  copy(part: number, at: number): void;
  /** The tensor, once all parts are copied. */
  result(): TensorInfo;
  /** Instead of that, after an error, where there is something to dispose of. */
  abandon?(): void;
}

const FLOAT = Float32Array.BYTES_PER_ELEMENT;
const ARRAYS = {float32: Float32Array, int32: Int32Array, bool: Uint8Array};

/** A tensor, copied by native ops or, without these, in JavaScript; `bounds` are those of its parts. */
export function sourceOf(
  tensor: TensorInfo,
  bounds: number[],
  copies: NativeCopies | null,
  buffer: ArrayBufferLike,
  backend: NodeBackend,
): Source {
  if (copies) return nativeSource(nativeId(tensor, backend)!, bounds, copies, buffer);
  const values = arrayOf(tensor, backend);
  return (part, at) => {
    const ofPart = values.subarray(bounds[part]!, bounds[part + 1]!);
    new ARRAYS[tensor.dtype as 'float32'](buffer, at, ofPart.length).set(ofPart);
    return at;
  };
}

/** What is copied ends with a whole unit. The elements beyond a part come with it, and go on to the next from there. */
function nativeSource(tensor: number, bounds: number[], copies: NativeCopies, buffer: ArrayBufferLike): Source {
  const size = bounds.at(-1)!;
  const copied = bounds.map((bound) => (bound === size ? size : Math.ceil(bound / PART_UNIT) * PART_UNIT));
  const copy = copies.from(tensor, copied);
  let end = 0;
  return (part, at) => {
    const length = copied[part + 1]! - copied[part]!;
    const lead = copied[part]! - bounds[part]!;
    const first = at - FLOAT * lead;
    if (lead > 0) new Float32Array(buffer, first, lead).set(new Float32Array(buffer, end - FLOAT * lead, lead));
    copy(part, new Float32Array(buffer, at, length));
    end = at + FLOAT * length;
    return first;
  };
}

/** How many bytes beyond a multiple of 64 a result copied by native ops begins, whose first element is number `bound`. */
export function shiftOf(bound: number): number {
  return FLOAT * (bound % PART_UNIT);
}

/** A new float32 tensor, whose parts have these bounds. */
export function sinkOf(
  shape: number[],
  bounds: number[],
  copies: NativeCopies | null,
  buffer: ArrayBufferLike,
  backend: NodeBackend,
): Sink {
  if (copies === null) return tensorInJavaScript(shape, bounds, buffer, backend);
  return bounds.length > 2 ? nativeTensor(shape, bounds, copies, buffer, backend) : nativeCopy(shape, buffer, backend);
}

/** What is copied begins with a whole unit. The elements of a part beyond the last one wait for the next part. */
function nativeTensor(
  shape: number[],
  bounds: number[],
  copies: NativeCopies,
  buffer: ArrayBufferLike,
  backend: NodeBackend,
): Sink {
  const tensor = makeNativeTensor(shape, backend);
  const size = bounds.at(-1)!;
  const copied = bounds.map((bound) => (bound === size ? size : bound - (bound % PART_UNIT)));
  let copyTo: CopyPart | undefined;
  let waiting = new Float32Array();
  return {
    copy(part, at) {
      copyTo ??= copies.to(nativeId(tensor, backend)!, copied);
      const [start, end] = [copied[part]!, copied[part + 1]!];
      const values = new Float32Array(buffer, at, bounds[part + 1]! - start);
      values.set(waiting);
      copyTo(part, values.subarray(0, end - start));
      waiting = values.slice(end - start);
    },
    result: () => tensor,
    abandon: () => tensor.dispose(),
  };
}

/** Of one part. */
function nativeCopy(shape: number[], buffer: ArrayBufferLike, backend: NodeBackend): Sink {
  let tensor: TensorInfo;
  return {
    copy(_, at) {
      tensor = nativeCopyOf(new Float32Array(buffer, at, util.sizeFromShape(shape)), shape, backend);
    },
    result: () => tensor,
  };
}

function tensorInJavaScript(shape: number[], bounds: number[], buffer: ArrayBufferLike, backend: NodeBackend): Sink {
  const values = new Float32Array(util.sizeFromShape(shape));
  return {
    copy(part, at) {
      values.set(new Float32Array(buffer, at, bounds[part + 1]! - bounds[part]!), bounds[part]!);
    },
    result: () => makeTensor(values, shape, backend),
  };
}

/** One number: the sum of all that the parts give, `countOf` numbers each. */
export function sumOf(
  shape: number[],
  countOf: (part: number) => number,
  buffer: ArrayBufferLike,
  backend: NodeBackend,
): Sink {
  let total = 0;
  return {
    copy(part, at) {
      for (const value of new Float32Array(buffer, at, countOf(part))) total += value;
    },
    result: () => makeTensor(Float32Array.of(total), shape, backend),
  };
}
