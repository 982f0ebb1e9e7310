/**
 * The functions that tfjs calls for a kernel, with its inputs and attributes. They make a request of these for the backend, and
 * deal with what no backend has to know: tensors without elements, and masks and totals where the backend fuses none.
 *
 * Each is made for one implementation. The records of the kernels, in kernels/, say which function is whose.
 */
import type {
  KernelBackend,
  KernelFunc,
  NamedAttrMap,
  NamedTensorInfoMap,
  NamedTensorMap,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {Tensor, tidy, util} from '@tensorflow/tfjs-core';
import type {CrossEntropyAttrs, ForwardAttrs, ProductAttrs} from '../kernels/attributes';
import {option} from '../kernels/check';
import {reducedShape, rowsAlong} from '../kernels/rows';
import type {CrossEntropyGradientRequest, SoftmaxBackend} from './backend';
import {crossEntropy, crossEntropyGradient, gradientOfTotal, totalOfLosses} from './composed/cross_entropy';
import {maskedBySelection} from './composed/masking';
import {maskRuns} from './engines/mask_runs';
import type {ForwardKind, ProductKind} from './engines/types';

/**
 * Softmax, logSoftmax or logSumExp, of `logits`, or of those where `mask` is true. tfjs's own ops run it after `install()`: few
 * steps, nothing made twice.
 */
export function forwardKernel(kind: ForwardKind, isMasked: boolean, implementation: SoftmaxBackend<never>): KernelFunc {
  const isReduction = kind === 'logSumExp';
  return ({inputs, attrs, backend}) => {
    const x = inputs.logits!;
    const {shape} = x;
    const {axis, scale, keepDims} = attrs as ForwardAttrs;
    const rows = rowsAlong(shape, axis);
    const outputShape = isReduction ? reducedShape(shape, axis, keepDims) : shape;
    // The logarithm of an empty sum.
    if (rows.outer * rows.n * rows.inner === 0) return filled(outputShape, -Infinity, backend as KernelBackend);
    const tensor = isMasked ? inputs.mask! : null;
    if (tensor && !implementation.fusesMasks) {
      return maskedBySelection(kind, x as Tensor, tensor as Tensor, attrs as ForwardAttrs);
    }
    const mask = tensor && {tensor, ...maskRuns(tensor.shape, shape, axis)};
    return implementation.forward({kind, x, rows, scale, mask, outputShape}, backend as never);
  };
}

/** A Jacobian product, of `probabilities` or `logits`, and `vector`. */
export function productKernel(kind: ProductKind, implementation: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const v = inputs.vector!;
    const probabilities = option(inputs, 'probabilities', null);
    const logits = option(inputs, 'logits', null);
    const {axis, scale, factor} = attrs as ProductAttrs;
    const {shape} = v;
    if (util.sizeFromShape(shape) === 0) return filled(shape, 0, backend as KernelBackend);
    const rows = rowsAlong(shape, axis);
    if (probabilities) return implementation.product({kind, y: probabilities, v, rows, factor}, backend as never);
    const atOnce = implementation.productFromLogits?.({kind, x: logits!, v, rows, scale, factor}, backend as never);
    if (atOnce) return atOnce;
    const y = implementation.forward(
      {kind: 'softmax', x: logits!, rows, scale, mask: null, outputShape: shape},
      backend as never,
    );
    try {
      return implementation.product({kind, y, v, rows, factor}, backend as never);
    } finally {
      release(y, backend as KernelBackend);
    }
  };
}

/** The losses of rows, or their total, of `logits` and `labels`. */
export function crossEntropyKernel(name: string, sparse: boolean, implementation: SoftmaxBackend<never>): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const request = crossEntropyRequest(inputs, attrs as CrossEntropyAttrs, sparse);
    if (util.sizeFromShape(request.x.shape) === 0) {
      // Without classes the loss of a distribution is an empty sum, 0, and every class index is out of range, NaN.
      const {outer, inner} = request.rows;
      const loss = sparse && outer * inner > 0 ? Number.NaN : 0;
      return filled(request.outputShape, loss, backend as KernelBackend);
    }
    if (request.total !== null && !implementation.fusesReduction) {
      return totalOfLosses(name, inputs as NamedTensorMap, attrs as CrossEntropyAttrs);
    }
    return (implementation.crossEntropy ?? crossEntropy)(request, backend as never);
  };
}

/** Their derivative in the logits, of `logits`, `labels` and `cotangent`. */
export function crossEntropyGradientKernel(
  name: string,
  sparse: boolean,
  implementation: SoftmaxBackend<never>,
): KernelFunc {
  return ({inputs, attrs, backend}) => {
    const request = crossEntropyRequest(inputs, attrs as CrossEntropyAttrs, sparse);
    const {x, total} = request;
    if (util.sizeFromShape(x.shape) === 0) return filled(x.shape, 0, backend as KernelBackend);
    if (total !== null && !implementation.fusesReduction) {
      return gradientOfTotal(name, inputs as NamedTensorMap, attrs as CrossEntropyAttrs);
    }
    const gradient = implementation.crossEntropyGradient ?? crossEntropyGradient;
    return gradient(request, backend as never);
  };
}

/** Each row of `x` times its number in `g`, by the backend's own function, or else as it is composed. */
export function scaleRowsKernel(composed: Composition, {scaleRows}: SoftmaxBackend<never>): KernelFunc {
  if (!scaleRows) return composedKernel(composed);
  return ({inputs, attrs, backend}) => {
    const {x, g} = inputs as {x: TensorInfo; g: TensorInfo};
    return scaleRows(x, g, rowsAlong(x.shape, attrs!.axis as number), backend as never);
  };
}

/** log x + c of each element. */
export function logPlusKernel(composed: Composition, {logPlus}: SoftmaxBackend<never>): KernelFunc {
  if (!logPlus) return composedKernel(composed);
  return ({inputs, attrs, backend}) => {
    const {x} = inputs as {x: TensorInfo};
    if (util.sizeFromShape(x.shape) === 0) return filled(x.shape, 0, backend as KernelBackend);
    return logPlus(x, attrs!.c as number, backend as never);
  };
}

/** What a kernel gives, composed of tfjs's ops and of other kernels of the family. */
export type Composition = (inputs: Record<string, Tensor>, attrs: NamedAttrMap) => Tensor;

/** The same on all backends. In a kernel nothing is recorded for gradients. */
export function composedKernel(composition: Composition): KernelFunc {
  return ({inputs, attrs}) => tidy(() => composition(inputs as Record<string, Tensor>, attrs ?? {}));
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

/** The result for a tensor without elements: empty as well, or for rows of length 0 the value of an empty sum. */
function filled(shape: number[], value: number, backend: KernelBackend): TensorInfo {
  const values = new Float32Array(util.sizeFromShape(shape)).fill(value);
  return {dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32'};
}

/** Gives back what `forward` made, the way it was made: a composed result is a tensor of the engine's, and counted there. */
function release(made: TensorInfo, backend: KernelBackend): void {
  if (made instanceof Tensor) made.dispose();
  else backend.disposeData(made.dataId);
}
