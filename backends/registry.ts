import type {KernelBackend, KernelFunc, NamedTensorInfoMap, NamedTensorMap, TensorInfo} from '@tensorflow/tfjs-core';
import {
  backend as activeBackend,
  engine,
  getBackend,
  getKernel,
  registerKernel,
  Tensor,
  util,
} from '@tensorflow/tfjs-core';
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRADIENT,
  type CrossEntropyAttrs,
  type ForwardAttrs,
  LOG_PLUS,
  LOG_SOFTMAX,
  LOG_SOFTMAX_JVP,
  LOG_SOFTMAX_VJP,
  LOG_SUM_EXP,
  MASKED_LOG_SOFTMAX,
  MASKED_LOG_SUM_EXP,
  MASKED_SOFTMAX,
  type ProductAttrs,
  SOFTMAX,
  SOFTMAX_PRODUCT,
  SPARSE_CROSS_ENTROPY,
  SPARSE_CROSS_ENTROPY_GRADIENT,
  TIMES_ROWS,
} from '../kernels/names';
import {reducedShape, rowsAlong} from '../kernels/rows';
import type {CrossEntropyGradientRequest, SoftmaxBackend} from './backend';
import {composedBackend} from './composed';
import {crossEntropy, crossEntropyGradient, gradientOfTotal, totalOfLosses} from './composed/cross_entropy';
import {maskedBySelection} from './composed/masking';
import {CALCULUS_KERNELS} from './composed/primitives';
import {cpuBackend} from './cpu';
import {maskRuns} from './engines/mask_runs';
import type {ForwardKind, ProductKind} from './engines/types';
import {wasmBackend} from './wasm';
import {webglBackend} from './webgl';
import {webgpuBackend} from './webgpu';

/** The tfjs backends that have kernels here, by the name under which tfjs knows them. */
const BACKENDS: Record<string, SoftmaxBackend<never>> = {
  cpu: cpuBackend,
  webgl: webglBackend,
  wasm: wasmBackend,
  webgpu: webgpuBackend,
};

/** Name, name with a mask, and what they compute. */
const FORWARD_KERNELS: [string, string, ForwardKind][] = [
  [SOFTMAX, MASKED_SOFTMAX, 'softmax'],
  [LOG_SOFTMAX, MASKED_LOG_SOFTMAX, 'logSoftmax'],
  [LOG_SUM_EXP, MASKED_LOG_SUM_EXP, 'logSumExp'],
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

/** Adds a backend that only some hosts have, and registers its kernels. */
export function registerBackend(name: string, implementation: SoftmaxBackend<never>): void {
  BACKENDS[name] = implementation;
  registerFamily(name, implementation);
}

/** How a tfjs backend computes the family. */
export function implementationOn(backendName: string): SoftmaxBackend<never> {
  return hasOwnKernels(backendName) ? BACKENDS[backendName]! : composedBackend;
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

const CROSS_ENTROPY_KERNELS = [
  {loss: CROSS_ENTROPY, gradient: CROSS_ENTROPY_GRADIENT, sparse: false},
  {loss: SPARSE_CROSS_ENTROPY, gradient: SPARSE_CROSS_ENTROPY_GRADIENT, sparse: true},
];

function registerFamily(backendName: string, implementation: SoftmaxBackend<never>): void {
  for (const [kernelName, maskedName, kind] of FORWARD_KERNELS) {
    const kernel = forwardKernel(kernelName, kind, implementation);
    registerOnce(kernelName, backendName, kernel);
    registerOnce(maskedName, backendName, kernel);
  }
  for (const [kernelName, kind] of PRODUCT_KERNELS) {
    registerOnce(kernelName, backendName, productKernel(kind, implementation));
  }
  for (const {loss, gradient, sparse} of CROSS_ENTROPY_KERNELS) {
    registerOnce(loss, backendName, crossEntropyKernel(loss, sparse, implementation));
    registerOnce(gradient, backendName, crossEntropyGradientKernel(gradient, sparse, implementation));
  }
  if (implementation.timesRows) registerOnce(TIMES_ROWS, backendName, timesRowsKernel(implementation));
  if (implementation.logPlus) registerOnce(LOG_PLUS, backendName, logPlusKernel(implementation));
  for (const [kernelName, kernel] of CALCULUS_KERNELS) registerOnce(kernelName, backendName, kernel);
}

/** A second copy of this package in one program finds the kernels there already, and leaves them. */
function registerOnce(kernelName: string, backendName: string, kernelFunc: KernelFunc): void {
  if (getKernel(kernelName, backendName) == null) registerKernel({kernelName, backendName, kernelFunc});
}

const LOG_OF_NOTHING = Number.NEGATIVE_INFINITY;

/** @param plainKernel the name of the kernel without a mask, which serves one with a mask where that is not fused */
function forwardKernel(plainKernel: string, kind: ForwardKind, implementation: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const {logits: x, mask} = inputs as {logits: TensorInfo; mask?: TensorInfo};
    const {axis, scale, keepDims, exact} = attrs as ForwardAttrs;
    const outputShape = kind === 'logSumExp' ? reducedShape(x.shape, axis, keepDims) : x.shape;
    if (util.sizeFromShape(x.shape) === 0) return filled(outputShape, LOG_OF_NOTHING, backend as KernelBackend);
    if (mask && !implementation.masks) {
      return maskedBySelection(kind, x as Tensor, mask as Tensor, scale, (logits, newScale) =>
        engine().runKernel(plainKernel, {logits}, {...attrs, scale: newScale}),
      );
    }
    const rows = rowsAlong(x.shape, axis);
    const masked = mask ? {tensor: mask, ...maskRuns(mask.shape, x.shape, axis)} : null;
    return implementation.forward({kind, x, rows, scale, mask: masked, exact, outputShape}, backend as never);
  };
}

function productKernel(kind: ProductKind, implementation: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const {
      logits,
      probabilities,
      vector: v,
    } = inputs as {
      logits?: TensorInfo;
      probabilities?: TensorInfo;
      vector: TensorInfo;
    };
    const {axis, scale, factor, exact} = attrs as ProductAttrs;
    const {shape} = v;
    if (util.sizeFromShape(shape) === 0) return filled(shape, 0, backend as KernelBackend);
    const rows = rowsAlong(shape, axis);
    if (probabilities)
      return implementation.product({kind, y: probabilities, v, rows, factor, exact}, backend as never);
    const atOnce = implementation.productOfLogits?.(
      {kind, x: logits!, v, rows, scale, factor, exact},
      backend as never,
    );
    if (atOnce) return atOnce;
    const y = implementation.forward(
      {kind: 'softmax', x: logits!, rows, scale, mask: null, exact, outputShape: shape},
      backend as never,
    );
    try {
      return implementation.product({kind, y, v, rows, factor, exact}, backend as never);
    } finally {
      release(y, backend as KernelBackend);
    }
  };
}

/** Gives back what `forward` made, the way it was made: a composed result is a tensor of the engine's, and counted there. */
function release(made: TensorInfo, backend: KernelBackend): void {
  if (made instanceof Tensor) made.dispose();
  else backend.disposeData(made.dataId);
}

function timesRowsKernel({timesRows}: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const {x, g} = inputs as {x: TensorInfo; g: TensorInfo};
    return timesRows!(x, g, rowsAlong(x.shape, attrs!.axis as number), backend as never);
  };
}

function logPlusKernel({logPlus}: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const {x} = inputs as {x: TensorInfo};
    if (util.sizeFromShape(x.shape) === 0) return filled(x.shape, 0, backend as KernelBackend);
    return logPlus!(x, attrs!.c as number, backend as never);
  };
}

function crossEntropyKernel(name: string, sparse: boolean, implementation: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const request = crossEntropyRequest(inputs, attrs as CrossEntropyAttrs, sparse);
    if (util.sizeFromShape(request.x.shape) === 0) {
      // With no classes there is nothing to lose, and an index of one is an index of none.
      const {outer, inner} = request.rows;
      const loss = sparse && outer * inner > 0 ? Number.NaN : 0;
      return filled(request.outputShape, loss, backend as KernelBackend);
    }
    if (request.total !== null && !implementation.totals) {
      return totalOfLosses(name, inputs as NamedTensorMap, attrs as CrossEntropyAttrs);
    }
    return (implementation.crossEntropy ?? crossEntropy)(request, backend as never);
  };
}

function crossEntropyGradientKernel(name: string, sparse: boolean, implementation: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const request = crossEntropyRequest(inputs, attrs as CrossEntropyAttrs, sparse);
    const {x, total} = request;
    if (util.sizeFromShape(x.shape) === 0) return filled(x.shape, 0, backend as KernelBackend);
    if (total !== null && !implementation.totals) {
      return gradientOfTotal(name, inputs as NamedTensorMap, attrs as CrossEntropyAttrs);
    }
    const gradient = implementation.crossEntropyGradient ?? crossEntropyGradient;
    return gradient(request, backend as never);
  };
}

function crossEntropyRequest(
  inputs: NamedTensorInfoMap,
  {axis, smoothing, reduced, factor}: CrossEntropyAttrs,
  sparse: boolean,
): CrossEntropyGradientRequest {
  const {logits: x, labels, cotangent} = inputs as Record<'logits' | 'labels' | 'cotangent', TensorInfo>;
  const rows = rowsAlong(x.shape, axis);
  const outputShape = reduced ? [] : reducedShape(x.shape, axis, false);
  return {x, rows, labels, cotangent, sparse, smoothing, total: reduced ? factor : null, outputShape};
}

/** What is made of no logits: nothing, or where rows of length 0 are summed, the value of an empty sum. */
function filled(shape: number[], value: number, backend: KernelBackend): TensorInfo {
  const values = new Float32Array(util.sizeFromShape(shape)).fill(value);
  return {dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32'};
}
