import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {type Sink, shiftOf, sinkOf, sourceOf, sumOf} from './ends';
import {NativeCopies, PART_UNIT} from './native_copy';
import {type NodeBackend, nativeId} from './node_backend';
import {pipeline, type Steps} from './pipeline';
import {boundsOf, callsOf, partsOf} from './spans';
import {type Call, MOST_CALLS, MOST_KERNELS, SLOTS} from './threads';
import {hasRoomFor, type Workplace, workplaceOf} from './workplace';

/** From this many elements on a tensor is large: native ops copy it, and make the tensor of a result. */
export const LARGE = 1 << 18;

export function isLarge({shape}: TensorInfo): boolean {
  return util.sizeFromShape(shape) >= LARGE;
}

/** What TensorFlow asks of an array that it takes as the memory of a tensor. */
const ALIGNMENT = 64;

/** What is to be computed of tensors with the same number of outer rows. */
export interface Job {
  outer: number;
  /** The first has the longest rows. With a width of 0, all of a tensor is there for each call. */
  inputs: Input[];
  /** With a width of 0 the result is one number, the sum of what the calls give. */
  output: {shape: number[]; width: number};
  /** Elements per outer row of what is needed in between. */
  scratch?: number;
  /** Whether it runs kernels of the second module. */
  needsLossMask?: boolean;
  /** Runs kernels on some of the rows: where inputs, output and scratch have them, how many there are, the first's number. */
  run(at: Workplace, addresses: number[], outer: number, first: number): void;
}

/** A tensor with so many elements per outer row: float32, or int32, or bool with a width of 0. */
interface Input {
  tensor: TensorInfo;
  width: number;
}

/**
 * Does a job part by part, in the shared memory and on all threads.
 * @returns the result, or null where that cannot be: without such a memory or native copies, or with too many kernels
 */
export function inParts(
  {outer, inputs, output, scratch = 0, needsLossMask, run}: Job,
  backend: NodeBackend,
): TensorInfo | null {
  const width = inputs[0]!.width;
  const isNativeOutput = outer * output.width >= LARGE;
  const isNative = inputs.map(({tensor}) => isCopiedNatively(tensor, backend));
  const copied = inputs.filter((_, i) => isNative[i]).map((input) => input.width);
  const parts = partsOf(outer, width, isNativeOutput ? [...copied, output.width] : copied);
  const partRows = parts[0]!.rows;

  const {slots, bytes} = layOut(inputs, output.width, scratch, partRows, Math.min(SLOTS, parts.length));
  const at = workplaceOf(backend);
  if (!at || (needsLossMask && !at.lossMask)) return null;

  const outputBounds = boundsOf(parts, output.width);
  const callsIn = (part: number, slot: number): Call[] => {
    const {first: begin, to, between} = slots[slot]!;
    const results = isNativeOutput ? to + shiftOf(outputBounds[part]!) : to;
    return callsOf(parts[part]!.rows, width).map(({first, rows}, call) => {
      const addresses = inputs.map((input, i) => begin[i]! + 4 * first * input.width);
      addresses.push(results + 4 * (output.width > 0 ? first * output.width : call), between + 4 * first * scratch);
      return at.record(() => run(at, addresses, rows, parts[part]!.first + first));
    });
  };
  const firstCalls = callsIn(0, 0);
  // In another part a mask may repeat itself elsewhere in each call, which takes up to twice as many.
  if (2 * firstCalls.flat().length > MOST_KERNELS || !hasRoomFor(bytes, at)) return null;

  const {buffer} = at.memory;
  const copies = new NativeCopies(backend.binding);
  try {
    const sources = inputs.map(({tensor, width}, i) => {
      const bounds = width > 0 ? boundsOf(parts, width) : [0, util.sizeFromShape(tensor.shape)];
      return sourceOf(tensor, bounds, isNative[i] ? copies : null, buffer, backend);
    });
    for (const [i, {width}] of inputs.entries()) {
      if (width === 0) sources[i]!(0, slots[0]!.from[i]!);
    }
    const makeSink = () => {
      if (output.width > 0) {
        return sinkOf(output.shape, outputBounds, isNativeOutput ? copies : null, buffer, backend);
      }
      return sumOf(output.shape, (part) => callsOf(parts[part]!.rows, width).length, buffer, backend);
    };
    let sink: Sink | undefined; // made when the other threads have something to do
    const steps: Steps = {
      bringIn(part, slot) {
        const {from, first} = slots[slot]!;
        for (const [i, {width}] of inputs.entries()) {
          if (width > 0) first[i] = sources[i]!(part, from[i]!);
        }
      },
      calls: (part, slot) => (part === 0 ? firstCalls : callsIn(part, slot)),
      takeOut(part, slot) {
        sink ??= makeSink();
        sink.copy(part, slots[slot]!.to);
      },
    };
    at.busy = true;
    try {
      pipeline(parts.length, steps, at.threads);
      at.busy = false;
    } catch (error) {
      sink?.abandon?.();
      throw error;
    }
    return sink!.result();
  } finally {
    copies.dispose();
  }
}

/**
 * Where each tensor lies, whole or in each slot: in a slot with room for a unit before it and after it. `first` is where the
 * first element of an input is, which may be a little before its place.
 */
function layOut(inputs: Input[], outputWidth: number, scratch: number, partRows: number, slots: number) {
  let bytes = 0;
  const reserve = (size: number, dtype: string) => {
    const start = bytes;
    bytes += Math.ceil((size * util.bytesPerElement(dtype as 'float32')) / ALIGNMENT) * ALIGNMENT;
    return start;
  };
  const reserveWithRoom = (size: number, dtype: string) => {
    bytes += ALIGNMENT;
    return reserve(size + PART_UNIT, dtype);
  };
  const wholes = inputs.map(({tensor: {shape, dtype}, width}) =>
    width === 0 ? reserve(util.sizeFromShape(shape), dtype) : 0,
  );
  const divided = Array.from({length: slots}, () => {
    const from = inputs.map(({tensor, width}, i) =>
      width === 0 ? wholes[i]! : reserveWithRoom(partRows * width, tensor.dtype),
    );
    return {
      from,
      first: [...from],
      to: reserveWithRoom(outputWidth > 0 ? partRows * outputWidth : MOST_CALLS, 'float32'),
      between: reserve(partRows * scratch, 'float32'),
    };
  });
  return {slots: divided, bytes};
}

/** Others are copied in JavaScript. */
function isCopiedNatively(tensor: TensorInfo, backend: NodeBackend): boolean {
  return tensor.dtype === 'float32' && isLarge(tensor) && nativeId(tensor, backend) !== null;
}
