import type {KernelBackend, KernelFunc, TensorInfo} from '@tensorflow/tfjs-core';
import {backend as activeBackend, getBackend, getKernel, registerKernel, util} from '@tensorflow/tfjs-core';
import {
  type ForwardAttrs,
  LOG_SOFTMAX,
  LOG_SOFTMAX_JVP,
  LOG_SOFTMAX_VJP,
  LOG_SUM_EXP,
  type ProductAttrs,
  SOFTMAX,
  SOFTMAX_PRODUCT,
} from '../kernels/names';
import {reducedShape, rowsAlong} from '../kernels/rows';
import type {ForwardKind, ProductKind, SoftmaxBackend} from './backend';
import {composedBackend} from './composed';
import {cpuBackend} from './cpu';
import {tensorflowBackend} from './tensorflow';
import {wasmBackend} from './wasm';

/** The tfjs backends that have kernels here, by the name under which tfjs knows them. */
export const BACKENDS: Readonly<Record<string, SoftmaxBackend<never>>> = {
  cpu: cpuBackend,
  tensorflow: tensorflowBackend,
  wasm: wasmBackend,
};

const FORWARD_KERNELS: [string, ForwardKind][] = [
  [SOFTMAX, 'softmax'],
  [LOG_SOFTMAX, 'logSoftmax'],
  [LOG_SUM_EXP, 'logSumExp'],
];

const PRODUCT_KERNELS: [string, ProductKind][] = [
  [SOFTMAX_PRODUCT, 'softmaxProduct'],
  [LOG_SOFTMAX_JVP, 'logSoftmaxJvp'],
  [LOG_SOFTMAX_VJP, 'logSoftmaxVjp'],
];

/** Registers the kernels of every backend above. tfjs needs the backend itself only when one of them runs. */
export function registerBackends(): void {
  for (const [name, implementation] of Object.entries(BACKENDS)) registerFamily(name, implementation);
}

/** Whether a tfjs backend has kernels here; others run the composed ones. */
export function hasOwnKernels(backendName: string): boolean {
  return Object.hasOwn(BACKENDS, backendName);
}

/** Backends known to have the family, so that an op need not look it up in tfjs's registry each time. */
const served = new Set<string>();

/** Makes sure that the active backend has the family: one without kernels here gets the composed ones. */
export function ensureKernels(): void {
  if (served.has(getBackend())) return;
  activeBackend(); // starts the default backend if there is none yet, as tfjs does at the first op
  const name = getBackend();
  if (!hasOwnKernels(name)) registerFamily(name, composedBackend);
  served.add(name);
}

function registerFamily(backendName: string, implementation: SoftmaxBackend<never>): void {
  for (const [kernelName, kind] of FORWARD_KERNELS) {
    registerOnce(kernelName, backendName, forwardKernel(kind, implementation));
  }
  for (const [kernelName, kind] of PRODUCT_KERNELS) {
    registerOnce(kernelName, backendName, productKernel(kind, implementation));
  }
}

/** A second copy of this package in one program finds the kernels there already, and leaves them. */
function registerOnce(kernelName: string, backendName: string, kernelFunc: KernelFunc): void {
  if (getKernel(kernelName, backendName) == null) registerKernel({kernelName, backendName, kernelFunc});
}

function forwardKernel(kind: ForwardKind, implementation: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const x = inputs.logits!;
    const {axis, scale, keepDims} = attrs as ForwardAttrs;
    const outputShape = kind === 'logSumExp' ? reducedShape(x.shape, axis, keepDims) : x.shape;
    if (util.sizeFromShape(x.shape) === 0) return emptySums(outputShape, backend as KernelBackend);
    return implementation.forward({kind, x, rows: rowsAlong(x.shape, axis), scale, outputShape}, backend as never);
  };
}

function productKernel(kind: ProductKind, implementation: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const {probabilities: y, vector: v} = inputs as {probabilities: TensorInfo; vector: TensorInfo};
    const {axis, factor} = attrs as ProductAttrs;
    if (util.sizeFromShape(y.shape) === 0) return emptySums(y.shape, backend as KernelBackend);
    return implementation.product({kind, y, v, rows: rowsAlong(y.shape, axis), factor}, backend as never);
  };
}

/** What is made of no logits: nothing, or for logSumExp of rows of length 0 the log of an empty sum, -Infinity. */
function emptySums(shape: number[], backend: KernelBackend): TensorInfo {
  const values = new Float32Array(util.sizeFromShape(shape)).fill(Number.NEGATIVE_INFINITY);
  return {dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32'};
}
