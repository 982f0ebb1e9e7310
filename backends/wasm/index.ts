import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import {heapValues, memoryOf} from '../../tfjs/wasm_memory';
import type {SoftmaxBackend} from '../backend';
import {forwardOnArrays, lossGradientOnArrays, lossOnArrays, productOnArrays} from '../engines/array_kernels';
import {compileAhead, isWorthWaiting, type Kernels, kernelsOn} from '../engines/wasm/module';
import {launch, planForward, planLoss, planLossGradient, planProduct, planProductOfLogits} from '../engines/wasm/plan';
import {stagingFailure} from '../engines/wasm/staging';
import {wasmFacts} from './facts';

/** tfjs's `wasm` backend: the kernels run in place on its memory, on the very bytes of its tensors. */
export const wasmBackend: SoftmaxBackend<BackendWasm> = {
  facts: wasmFacts,
  // The kernels of products stay within 4 of the probabilities that they are given; the rest is what these are off.
  bounds: {softmax: 4, logSoftmax: 2, logSumExp: 1, product: 6, rowSum: 2 ** -22},
  fusesMasks: true,
  fusesReduction: true,

  forward({kind, x, rows, scale, mask, outputShape}, backend) {
    const out = backend.makeOutput(outputShape, 'float32');
    const {kernels} = accessTo(backend, x);
    if (kernels) {
      const flags = mask ? pointer(mask.tensor, backend) : 0;
      const plan = planForward(kind, rows, scale, mask);
      launch(plan, kernels.call, pointer(x, backend), pointer(out, backend), flags, 0);
    } else {
      const flags = mask && valuesOf(mask.tensor, 'bool', backend);
      forwardOnArrays(kind, floats(x, backend), floats(out, backend), rows, scale, mask, flags);
    }
    return out;
  },

  product({kind, y, v, rows, factor}, backend) {
    const out = backend.makeOutput(y.shape, 'float32');
    const {kernels} = accessTo(backend, y);
    if (kernels) {
      const plan = planProduct(kind, rows, factor);
      launch(plan, kernels.call, pointer(y, backend), pointer(out, backend), pointer(v, backend), 0);
    } else {
      productOnArrays(kind, floats(y, backend), floats(v, backend), floats(out, backend), rows, factor);
    }
    return out;
  },

  productFromLogits({kind, x, v, rows, scale, factor}, backend) {
    const {kernels} = accessTo(backend, x);
    const plan = kernels && planProductOfLogits(kind, rows, scale, factor);
    if (!plan) return null;
    const out = backend.makeOutput(x.shape, 'float32');
    launch(plan, kernels.call, pointer(x, backend), pointer(out, backend), pointer(v, backend), 0);
    return out;
  },

  crossEntropy(request, backend) {
    const {x, labels, sparse, outputShape} = request;
    const out = backend.makeOutput(outputShape, 'float32');
    const {kernels} = accessTo(backend, x);
    if (kernels) {
      const plan = planLoss(request);
      launch(plan, kernels.call, pointer(x, backend), pointer(out, backend), pointer(labels, backend), 0);
    } else {
      const given = valuesOf(labels, sparse ? 'int32' : 'float32', backend);
      lossOnArrays(floats(x, backend), given, floats(out, backend), request);
    }
    return out;
  },

  crossEntropyGradient(request, backend) {
    const {x, labels, cotangent, sparse} = request;
    const out = backend.makeOutput(x.shape, 'float32');
    const {kernels} = accessTo(backend, x);
    if (kernels) {
      const [given, cotangents] = [pointer(labels, backend), pointer(cotangent, backend)];
      const plan = planLossGradient(request);
      launch(plan, kernels.call, pointer(x, backend), pointer(out, backend), given, cotangents);
    } else {
      const given = valuesOf(labels, sparse ? 'int32' : 'float32', backend);
      lossGradientOnArrays(floats(x, backend), given, floats(cotangent, backend), floats(out, backend), request);
    }
    return out;
  },

  prepare: compileAhead,

  describe(backend) {
    const {kernels, obstacle} = accessTo(backend);
    if (kernels) {
      const {build, given} = kernels;
      return `WebAssembly (${build}${given ? ', precompiled' : ''}), in place on tfjs's memory`;
    }
    const failure = stagingFailure();
    return failure === null
      ? `WebAssembly on a memory of its own, with copies: ${obstacle}`
      : `plain TypeScript, in double precision: ${failure}`;
  },
};

/** The kernels on a backend's memory, or what keeps them from it. */
type Access = {kernels: Kernels; obstacle: null} | {kernels: null; obstacle: string};

const NOT_YET: Access = {kernels: null, obstacle: 'the kernels are being compiled'};

/** One instance for each backend object: a new one has a new memory. */
let accesses = new WeakMap<BackendWasm, Access>();
/** The access that was asked for last, so that a call need not look it up. */
let last: {backend: BackendWasm; access: Access} | null = null;

/** The next call makes instances anew. */
export function forgetInstances(): void {
  accesses = new WeakMap();
  last = null;
}

/** Whether the kernels run on the backend's own memory. */
export function runsInPlace(backend: BackendWasm): boolean {
  return accessTo(backend).kernels !== null;
}

/** @param x what is to be computed on, if anything: that may not be worth compiling for, see `isWorthWaiting` */
function accessTo(backend: BackendWasm, x?: TensorInfo): Access {
  if (last?.backend === backend) return last.access;
  let access = accesses.get(backend);
  if (!access) {
    if (x && isWorthWaiting(util.sizeFromShape(x.shape))) return NOT_YET;
    access = open(backend);
    accesses.set(backend, access);
  }
  last = {backend, access};
  return access;
}

function open(backend: BackendWasm): Access {
  try {
    const memory = memoryOf(backend);
    if (memory) return {kernels: kernelsOn(memory), obstacle: null};
    return {kernels: null, obstacle: 'this version of tfjs keeps its memory to itself'};
  } catch (error) {
    return {kernels: null, obstacle: error instanceof Error ? error.message : String(error)};
  }
}

/** Where a tensor's values lie. Beyond 2 GiB tfjs may hand out the address as a negative number. */
function pointer({dataId}: TensorInfo, backend: BackendWasm): number {
  return backend.getMemoryOffset(dataId) >>> 0;
}

function floats(tensor: TensorInfo, backend: BackendWasm): Float32Array {
  return valuesOf(tensor, 'float32', backend);
}

function valuesOf<D extends 'float32' | 'int32' | 'bool'>(tensor: TensorInfo, dtype: D, backend: BackendWasm) {
  return heapValues(backend, pointer(tensor, backend), util.sizeFromShape(tensor.shape), dtype);
}
