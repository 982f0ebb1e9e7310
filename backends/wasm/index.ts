import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import {heapValues, memoryOf} from '../../tfjs/wasm_memory';
import type {SoftmaxBackend} from '../backend';
import {
  runForward,
  runLogSoftmaxGradient,
  runLoss,
  runLossGradient,
  runMasked,
  runProduct,
} from '../engines/wasm/launch';
import {type Kernels, kernelsOn} from '../engines/wasm/module';
import {
  stagedForward,
  stagedLoss,
  stagedLossGradient,
  stagedMasked,
  stagedProduct,
  stagingFailure,
} from '../engines/wasm/staging';
import {hasGradientKernel} from '../engines/wasm/variants';
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
    const {kernels} = accessTo(backend);
    if (mask) {
      const [from, to] = [pointer(x, backend), pointer(out, backend)];
      if (kernels) runMasked(kernels, kind, from, pointer(mask.tensor, backend), to, rows, scale, mask);
      else {
        const flags = valuesOf(mask.tensor, 'bool', backend);
        stagedMasked(kind, values(x, backend), flags, values(out, backend), rows, scale, mask);
      }
      return out;
    }
    if (kernels) runForward(kernels, kind, pointer(x, backend), pointer(out, backend), rows, scale);
    else stagedForward(kind, values(x, backend), values(out, backend), rows, scale);
    return out;
  },

  product({kind, y, v, rows, factor}, backend) {
    const out = backend.makeOutput(y.shape, 'float32');
    const {kernels} = accessTo(backend);
    if (kernels)
      runProduct(kernels, kind, pointer(y, backend), pointer(v, backend), pointer(out, backend), rows, factor);
    else stagedProduct(kind, values(y, backend), values(v, backend), values(out, backend), rows, factor);
    return out;
  },

  crossEntropy(request, backend) {
    const {x, labels, sparse, outputShape} = request;
    const out = backend.makeOutput(outputShape, 'float32');
    const {kernels} = accessTo(backend);
    if (kernels) runLoss(kernels, pointer(x, backend), pointer(labels, backend), pointer(out, backend), request);
    else {
      const given = valuesOf(labels, sparse ? 'int32' : 'float32', backend);
      stagedLoss(values(x, backend), given, values(out, backend), request);
    }
    return out;
  },

  crossEntropyGradient(request, backend) {
    const {x, labels, cotangent, sparse} = request;
    const out = backend.makeOutput(x.shape, 'float32');
    const {kernels} = accessTo(backend);
    if (kernels) {
      const [logits, given, cotangents, to] = [x, labels, cotangent, out].map((t) => pointer(t, backend));
      runLossGradient(kernels, logits!, given!, cotangents!, to!, request);
    } else {
      const given = valuesOf(labels, sparse ? 'int32' : 'float32', backend);
      stagedLossGradient(values(x, backend), given, values(cotangent, backend), values(out, backend), request);
    }
    return out;
  },

  productFromLogits(request, backend) {
    const {kind, x, v, rows, scale, factor} = request;
    if (!hasGradientKernel(kind, rows, scale, factor)) return null;
    const {kernels} = accessTo(backend);
    if (!kernels) return null;
    const out = backend.makeOutput(x.shape, 'float32');
    runLogSoftmaxGradient(kernels, pointer(x, backend), pointer(v, backend), pointer(out, backend), rows, scale);
    return out;
  },

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
interface Access {
  kernels: Kernels | null;
  obstacle: string | null;
}

/** One instance for each backend object: a new one has a new memory. */
let accesses = new WeakMap<BackendWasm, Access>();

/** The next call makes instances anew. */
export function forgetInstances(): void {
  accesses = new WeakMap();
}

function accessTo(backend: BackendWasm): Access {
  let access = accesses.get(backend);
  if (!access) {
    access = open(backend);
    accesses.set(backend, access);
  }
  return access;
}

function open(backend: BackendWasm): Access {
  try {
    const memory = memoryOf(backend);
    if (memory) return {kernels: kernelsOn(memory), obstacle: null};
    return without('this version of tfjs keeps its memory to itself');
  } catch (error) {
    return without(error instanceof Error ? error.message : String(error));
  }
}

function without(obstacle: string): Access {
  return {kernels: null, obstacle};
}

/** Where a tensor's values lie. Beyond 2 GiB tfjs may hand out the address as a negative number. */
function pointer({dataId}: TensorInfo, backend: BackendWasm): number {
  return backend.getMemoryOffset(dataId) >>> 0;
}

function values(tensor: TensorInfo, backend: BackendWasm): Float32Array {
  return valuesOf(tensor, 'float32', backend);
}

function valuesOf<D extends 'float32' | 'int32' | 'bool'>(tensor: TensorInfo, dtype: D, backend: BackendWasm) {
  return heapValues(backend, pointer(tensor, backend), util.sizeFromShape(tensor.shape), dtype);
}
