/**
 * Large tensors: copied whole to a shared memory by native ops, their rows divided among threads, and the result copied
 * back to TensorFlow.
 *
 * With typed arrays instead, as for small ones, the garbage would cost more than the softmax. readSync makes a new array
 * with each call, and so would every result: 0.2 ns per element with pages that the process has, 1.5 with fresh ones, and
 * between two garbage collections they are fresh. Native copies take 0.3 to 0.5 in and 0.15 out, always, and 20 µs for
 * the calls.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {Rows} from '../../kernels/rows';
import type {ForwardRequest, LogSoftmaxGradientRequest, ProductRequest} from '../backend';
import {forwardVariant, hasGradientKernel, type KernelName, kernelScale, productVariant} from '../wasm/choose';
import {kernelsOn} from '../wasm/module';
import {canCopyNatively, copyFromNative, copyToNative} from './native_copy';
import {isNative, makeTensor, type NodeBackend, valuesOf} from './node_backend';
import {Threads} from './threads';

/** From this many elements on. */
export const LARGE = 1 << 18;

/** What the memory may grow to, which it keeps. Where more is needed, tensors go the way of small ones. */
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
  const {outer, n, inner} = rows;
  const at = open([util.sizeFromShape(x.shape), util.sizeFromShape(outputShape)], backend);
  if (!at) return null;
  const [logits, out] = at.buffers as [Float32Array, Float32Array];
  copyIn(x, logits, backend);
  at.threads.run({
    kernel: `${kind}${forwardVariant(rows, scale)}`,
    tensors: [logits, out].map((tensor) => divided(tensor, outer)),
    ...{outer, n, inner, factor: kernelScale(kind, rows, scale)},
  });
  return copyOut(out, outputShape, backend);
}

/** A Jacobian product of large tensors, or null if this way is not open here. */
export function productLarge({kind, y, v, rows, factor}: ProductRequest, backend: NodeBackend): TensorInfo | null {
  return ofTwo(`${kind}${productVariant(rows)}`, y, v, rows, factor, backend);
}

/** logSoftmax's derivative from large logits, or null if this way is not open here, or for rows without such a kernel. */
export function logSoftmaxGradientLarge(
  {x, v, rows, scale}: LogSoftmaxGradientRequest,
  backend: NodeBackend,
): TensorInfo | null {
  return hasGradientKernel(rows) ? ofTwo('logSoftmaxGradientLongRows', x, v, rows, scale, backend) : null;
}

/** What a kernel makes of two tensors of one shape. */
function ofTwo(
  kernel: KernelName,
  a: TensorInfo,
  b: TensorInfo,
  {outer, n, inner}: Rows,
  factor: number,
  backend: NodeBackend,
): TensorInfo | null {
  const size = util.sizeFromShape(a.shape);
  const at = open([size, size, size], backend);
  if (!at) return null;
  const [first, second, out] = at.buffers as [Float32Array, Float32Array, Float32Array];
  copyIn(a, first, backend);
  copyIn(b, second, backend);
  const tensors = [first, second, out].map((tensor) => divided(tensor, outer));
  at.threads.run({kernel, tensors, outer, n, inner, factor});
  return copyOut(out, a.shape, backend);
}

/** For people: how large tensors go. Starts nothing. */
export function describeLarge(backend: NodeBackend): string {
  const works = copiesNatively.get(backend);
  if (workplace === undefined || works === undefined) return 'no large tensor yet';
  if (workplace === null || !works) return 'large tensors by typed arrays';
  return `large tensors by native copies and ${workplace.threads.count} threads`;
}

/** Buffers of so many floats in the memory, the same ones with each call; null if this way is not open here. */
function open(sizes: number[], backend: NodeBackend): (Workplace & {buffers: Float32Array[]}) | null {
  const starts: number[] = [];
  let end = 0;
  for (const size of sizes) {
    starts.push(end);
    end += Math.ceil((size * Float32Array.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
  }
  if (end > MOST_BYTES) return null;
  if (workplace === undefined) workplace = setUp();
  if (workplace === null) return null;
  const {memory} = workplace;
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const {buffer} = memory;
  const buffers = sizes.map((size, i) => new Float32Array(buffer, starts[i]!, size));
  let works = copiesNatively.get(backend);
  if (works === undefined) {
    works = canCopyNatively(buffers[0]!, backend);
    copiesNatively.set(backend, works);
  }
  return works ? {...workplace, buffers} : null;
}

function setUp(): Workplace | null {
  try {
    const memory = new WebAssembly.Memory({initial: 1, maximum: MOST_BYTES / PAGE, shared: true});
    return {memory, threads: new Threads(kernelsOn(memory), memory)};
  } catch {
    return null;
  }
}

function divided(tensor: Float32Array, outer: number) {
  return {address: tensor.byteOffset, stride: tensor.byteLength / outer};
}

function copyIn(tensor: TensorInfo, destination: Float32Array, backend: NodeBackend): void {
  if (isNative(tensor, backend)) copyFromNative(tensor, destination, backend);
  else destination.set(valuesOf(tensor, backend));
}

/** The result is TensorFlow's, unless it is small, as log-sum-exp makes of large tensors. */
function copyOut(source: Float32Array, shape: number[], backend: NodeBackend): TensorInfo {
  if (source.length >= LARGE) return copyToNative(source, shape, backend);
  return makeTensor(source.slice(), shape, backend);
}
