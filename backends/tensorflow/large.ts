/**
 * Large tensors: brought part by part to a small shared memory, where threads compute, and back to TensorFlow.
 *
 * With typed arrays instead, as for small ones, the garbage would cost more than the softmax: readSync makes a new array
 * with each call, and so would every result.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {Rows} from '../../kernels/rows';
import type {ForwardRequest, LogSoftmaxGradientRequest, ProductRequest} from '../backend';
import {forwardVariant, hasGradientKernel, type KernelName, kernelScale, productVariant} from '../wasm/choose';
import {kernelsOn} from '../wasm/module';
import {nativeSink, type Sink, sinkInJavaScript, sourceOf} from './ends';
import {canCopyNatively, NativeCopies} from './native_copy';
import type {NodeBackend} from './node_backend';
import {pipeline, type Steps} from './pipeline';
import {callsOf, partsOf} from './spans';
import {type Call, SLOTS, Threads} from './threads';

/** From this many elements on. */
export const LARGE = 1 << 18;

/** What the memory may grow to, which it keeps: for what cannot be divided. Larger tensors go the way of small ones. */
const MOST_BYTES = 1 << 28;
const PAGE = 1 << 16;
/** What TensorFlow asks of an array that it takes as the memory of a tensor. */
const ALIGNMENT = 64;

interface Workplace {
  memory: WebAssembly.Memory;
  threads: Threads;
}

/** One for all backend objects; null where it cannot be had, undefined before the first large tensor. */
let workplace: Workplace | null | undefined;
const copiesNatively = new WeakMap<NodeBackend, boolean>();

/** The forward pass of a large tensor, or null if this way is not open here. */
export function forwardLarge(request: ForwardRequest, backend: NodeBackend): TensorInfo | null {
  const {kind, x, rows, scale, outputShape} = request;
  const kernel: KernelName = `${kind}${forwardVariant(rows, scale)}`;
  return run({kernel, inputs: [x], outputShape, rows, factor: kernelScale(kind, rows, scale)}, backend);
}

/** A Jacobian product of large tensors, or null if this way is not open here. */
export function productLarge({kind, y, v, rows, factor}: ProductRequest, backend: NodeBackend): TensorInfo | null {
  return run({kernel: `${kind}${productVariant(rows)}`, inputs: [y, v], outputShape: y.shape, rows, factor}, backend);
}

/** logSoftmax's derivative from large logits, or null if this way is not open here, or for rows without such a kernel. */
export function logSoftmaxGradientLarge(
  {x, v, rows, scale}: LogSoftmaxGradientRequest,
  backend: NodeBackend,
): TensorInfo | null {
  if (!hasGradientKernel(rows)) return null;
  const kernel = 'logSoftmaxGradientLongRows';
  return run({kernel, inputs: [x, v], outputShape: x.shape, rows, factor: scale}, backend);
}

/** For people: how large tensors go. Starts nothing. */
export function describeLarge(backend: NodeBackend): string {
  const works = copiesNatively.get(backend);
  if (workplace === undefined || works === undefined) return 'no large tensor yet';
  if (workplace === null || !works) return 'large tensors by typed arrays';
  return `large tensors by native copies and ${workplace.threads.count} threads`;
}

interface Job {
  kernel: KernelName;
  /** Of one shape. */
  inputs: TensorInfo[];
  outputShape: number[];
  rows: Rows;
  /** The kernel's last argument. */
  factor: number;
}

function run({kernel, inputs, outputShape, rows, factor}: Job, backend: NodeBackend): TensorInfo | null {
  const {outer, n, inner} = rows;
  const [width, outputWidth] = [n * inner, util.sizeFromShape(outputShape) / outer];
  // Log-sum-exp makes little of large tensors, and that stays in JavaScript.
  const isNative = outer * outputWidth >= LARGE;
  const parts = partsOf(outer, isNative ? [width, outputWidth] : [width]);
  const widths = [...inputs.map(() => width), outputWidth];
  const sizes = widths.map((each) => each * parts[0]!.rows);
  const at = open(sizes, Math.min(SLOTS, parts.length), backend);
  if (!at) return null;

  const place = (part: number, slot: number, tensor: number) =>
    at.slots[slot]![tensor]!.subarray(0, widths[tensor]! * parts[part]!.rows);
  const copies = new NativeCopies(backend.binding);
  try {
    const sources = inputs.map((tensor, i) => sourceOf(tensor, sizes[i]!, copies, backend));
    let sink: Sink | undefined; // made when the other threads have something to do
    const steps: Steps = {
      bringIn(part, slot) {
        for (const [i, copy] of sources.entries()) copy(part, place(part, slot, i));
      },
      calls(part, slot) {
        const starts = at.slots[slot]!.map(({byteOffset}) => byteOffset);
        return callsOf(parts[part]!.rows, width).map(({first, rows}): Call => {
          const addresses = starts.map((start, i) => start + first * widths[i]! * Float32Array.BYTES_PER_ELEMENT);
          return [kernel, ...addresses, rows, n, inner, factor];
        });
      },
      takeOut(part, slot) {
        sink ??= (isNative ? nativeSink : sinkInJavaScript)(outputShape, sizes.at(-1)!, copies, backend);
        sink.copy(part, place(part, slot, inputs.length));
      },
    };
    try {
      pipeline(parts.length, steps, at.threads);
    } catch (error) {
      sink?.abandon();
      throw error;
    }
    return sink!.result();
  } finally {
    copies.dispose();
  }
}

/** Slots in the memory, each with buffers of so many floats, the same ones with each call; null if this way is not open here. */
function open(
  sizes: number[],
  slots: number,
  backend: NodeBackend,
): {threads: Threads; slots: Float32Array[][]} | null {
  const starts: number[] = [];
  let end = 0;
  for (let slot = 0; slot < slots; slot++) {
    for (const size of sizes) {
      starts.push(end);
      end += Math.ceil((size * Float32Array.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
    }
  }
  if (end > MOST_BYTES) return null;
  if (workplace === undefined) workplace = setUp();
  if (workplace === null) return null;
  const {memory, threads} = workplace;
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const {buffer} = memory;
  let works = copiesNatively.get(backend);
  if (works === undefined) {
    works = canCopyNatively(new Float32Array(buffer), backend);
    copiesNatively.set(backend, works);
  }
  if (!works) return null;
  const bufferAt = (slot: number, i: number) => new Float32Array(buffer, starts[slot * sizes.length + i]!, sizes[i]!);
  return {threads, slots: Array.from({length: slots}, (_, slot) => sizes.map((_, i) => bufferAt(slot, i)))};
}

function setUp(): Workplace | null {
  try {
    const memory = new WebAssembly.Memory({initial: 1, maximum: MOST_BYTES / PAGE, shared: true});
    return {memory, threads: new Threads(kernelsOn(memory), memory)};
  } catch {
    return null;
  }
}
