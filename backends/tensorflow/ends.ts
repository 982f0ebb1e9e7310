/** Where the parts of tensors come from, and where those of results go: TensorFlow's memory or arrays in JavaScript. */
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {arrayOf, giveBack, type Values} from './arrays';
import {type CopyPart, type NativeCopies, PART_UNIT} from './native_copy';
import {NATIVE_RESULT, nativeCopyOf} from './native_result';
import {makeNativeTensor, makeTensor, type NodeBackend, nativeId} from './node_backend';

/**
 * Brings a part of a tensor to the memory: to `at`, in bytes, a multiple of 64 with as much free room before it.
 * @returns where its first element is: there, or a little before, or where it has been brought already
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

/** A tensor brought at once, to `place`. */
export function wholeSource(
  tensor: TensorInfo,
  bounds: number[],
  place: number,
  buffer: ArrayBufferLike,
  backend: NodeBackend,
): Source {
  const copies: ArrayBuffer[] = [];
  const values = arrayOf(tensor, backend, copies);
  copyBytes(values, buffer, place);
  giveBack(copies);
  return (part) => place + values.BYTES_PER_ELEMENT * bounds[part]!;
}

/** A tensor that JavaScript holds; `bounds` are those of its parts. */
export function arraySource(
  tensor: TensorInfo,
  bounds: number[],
  buffer: ArrayBufferLike,
  backend: NodeBackend,
): Source {
  const values = arrayOf(tensor, backend, []);
  return (part, at) => {
    copyBytes(values.subarray(bounds[part]!, bounds[part + 1]!), buffer, at);
    return at;
  };
}

/** In shared memory Node's `fill` is three times as fast as a typed array's `set`. A bare node:vm context has no Buffer. */
function copyBytes({buffer, byteOffset, byteLength}: Values, to: ArrayBufferLike, at: number): void {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  if (typeof Buffer === 'undefined') new Uint8Array(to, at, byteLength).set(bytes);
  else Buffer.from(to, at, byteLength).fill(bytes);
}

/**
 * A tensor that TensorFlow holds, copied by native ops. What is copied ends with a whole unit. The elements beyond a part
 * come with it, and go on to the next from there.
 */
export function nativeSource(tensor: number, bounds: number[], copies: NativeCopies, buffer: ArrayBufferLike): Source {
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

/** A new float32 tensor whose values come to stand in the memory one after the other, from `at`, in bytes. */
export function wholeTensor(shape: number[], at: number, buffer: ArrayBufferLike, backend: NodeBackend): Sink {
  return {
    copy() {},
    result() {
      const values = new Float32Array(buffer, at, util.sizeFromShape(shape));
      if (values.length >= NATIVE_RESULT) return nativeCopyOf(values, shape, backend);
      return makeTensor(values.slice(), shape, backend);
    },
  };
}

/**
 * A new float32 tensor, whose parts have these bounds. What is copied begins with a whole unit. The elements of a part
 * beyond the last one wait for the next part.
 */
export function nativeTensor(
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
