import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {
  arraySource,
  nativeSource,
  nativeTensor,
  type Sink,
  type Source,
  shiftOf,
  sumOf,
  wholeSource,
  wholeTensor,
} from './ends';
import {NativeCopies, PART_UNIT} from './native_copy';
import {UNALIGNED} from './native_result';
import {type NodeBackend, nativeId} from './node_backend';
import {pipeline, type Steps} from './pipeline';
import {boundsOf, callsOf, partsOf} from './spans';
import {type Call, MOST_CALLS, MOST_KERNELS, SLOTS} from './threads';
import {hasRoomFor, type Workplace, workplaceOf} from './workplace';

/** From this many elements on a tensor is large, and all threads compute. */
export const LARGE = 1 << 18;
/** Up to this many, an input is brought at once, as an array; and a result taken, while it is in the processor's cache. */
export const MOST_AT_ONCE = {in: 1 << 19, out: 1 << 20};

export function isLarge(shape: number[]): boolean {
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
export function inParts({outer, inputs, output, scratch = 0, run}: Job, backend: NodeBackend): TensorInfo | null {
  const width = inputs[0]!.width;
  const ways = inputs.map((input) => wayOf(input, backend));
  const copied = inputs.filter((_, i) => ways[i] === 'native').map((input) => input.width);
  const size = outer * output.width;
  const parts = partsOf(outer, width, size > MOST_AT_ONCE.out ? [...copied, output.width] : copied);
  const partRows = parts[0]!.rows;
  const isWhole = size > 0 && (size <= MOST_AT_ONCE.out || parts.length === 1);

  const room = isWhole ? {whole: size, inSlot: 0} : {whole: 0, inSlot: partRows * output.width || MOST_CALLS};
  const {slots, whole, bytes} = layOut(inputs, ways, room, scratch, partRows, Math.min(SLOTS, parts.length));
  const at = workplaceOf(backend);
  if (!at) return null;

  const outputBounds = boundsOf(parts, output.width);
  const callsIn = (part: number, slot: number): Call[] => {
    const {first: begin, to, between} = slots[slot]!;
    const bound = outputBounds[part]!;
    const results = isWhole ? whole + 4 * bound : to + shiftOf(bound);
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
    const sources = inputs.map(({tensor, width}, i): Source => {
      const bounds = boundsOf(parts, width);
      if (ways[i] === 'whole') return wholeSource(tensor, bounds, slots[0]!.from[i]!, buffer, backend);
      if (ways[i] === 'native') return nativeSource(nativeId(tensor, backend)!, bounds, copies, buffer);
      return arraySource(tensor, bounds, buffer, backend);
    });
    const makeSink = (): Sink => {
      if (isWhole) return wholeTensor(output.shape, whole, buffer, backend);
      if (size > 0) return nativeTensor(output.shape, outputBounds, copies, buffer, backend);
      return sumOf(output.shape, (part) => callsOf(parts[part]!.rows, width).length, buffer, backend);
    };
    let sink: Sink | undefined; // made when the other threads have something to do
    const steps: Steps = {
      bringIn(part, slot) {
        const {from, first} = slots[slot]!;
        for (const [i, source] of sources.entries()) first[i] = source(part, from[i]!);
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
 * first element of an input is, which may be a little before its place. `room` is for the elements of a whole result, or of
 * those in a slot.
 */
function layOut(
  inputs: Input[],
  ways: Way[],
  room: {whole: number; inSlot: number},
  scratch: number,
  partRows: number,
  slotCount: number,
) {
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
  const wholes = inputs.map(({tensor: {shape, dtype}}, i) =>
    ways[i] === 'whole' ? reserve(util.sizeFromShape(shape), dtype) : 0,
  );
  const whole = reserve(room.whole + 1, 'float32') + UNALIGNED;
  const slots = Array.from({length: slotCount}, () => {
    const from = inputs.map(({tensor, width}, i) =>
      ways[i] === 'whole' ? wholes[i]! : reserveWithRoom(partRows * width, tensor.dtype),
    );
    return {
      from,
      first: [...from],
      to: reserveWithRoom(room.inSlot, 'float32'),
      between: reserve(partRows * scratch, 'float32'),
    };
  });
  return {slots, whole, bytes};
}

/** How an input is brought: all of it at once; or in parts by native ops, which copy floats; or in parts from its array. */
type Way = 'whole' | 'native' | 'array';

function wayOf({tensor, width}: Input, backend: NodeBackend): Way {
  if (width === 0 || util.sizeFromShape(tensor.shape) <= MOST_AT_ONCE.in) return 'whole';
  if (nativeId(tensor, backend) === null) return 'array';
  return tensor.dtype === 'float32' ? 'native' : 'whole';
}
