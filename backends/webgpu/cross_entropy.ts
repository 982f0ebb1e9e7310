import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import type {CrossEntropyGradientRequest, CrossEntropyRequest} from '../backend';
import {lossGradientOp, lossOp, totalOp} from './loss_op';
import {runRows} from './run_rows';

/** Cross-entropy of each row, and where it is asked for, one more dispatch for their total. */
export function crossEntropy(request: CrossEntropyRequest, backend: WebGPUBackend): TensorInfo {
  const {x, labels, rows, sparse, smoothing, total, outputShape} = request;
  const losses = (shape: number[]) =>
    runRows(`loss,${sparse},${smoothing}`, () => lossOp(request), [x, labels], rows, shape, backend);
  if (total === null) return losses(outputShape);
  const n = rows.outer * rows.inner;
  const perRow = losses([n]);
  try {
    return runRows(`total,${total}`, () => totalOp(total), [perRow], {outer: 1, n, inner: 1}, outputShape, backend);
  } finally {
    backend.disposeData(perRow.dataId);
  }
}

export function crossEntropyGradient(request: CrossEntropyGradientRequest, backend: WebGPUBackend): TensorInfo {
  const {x, labels, cotangent, rows, sparse, smoothing, total} = request;
  const run = (tensors: TensorInfo[], factor: number, given: 'rows' | 'total' | null) =>
    runRows(
      `lossGradient,${sparse},${smoothing},${factor},${given}`,
      () => lossGradientOp(request, factor, given),
      tensors,
      rows,
      x.shape,
      backend,
    );
  if (total === null) return run([x, labels, cotangent], 1, 'rows');
  // A number that JavaScript knows, as the 1 that every backpropagation begins with, need not go to the GPU first.
  const known = backend.tensorMap.get(cotangent.dataId).values as TypedArray | null | undefined;
  return known ? run([x, labels], total * known[0]!, null) : run([x, labels, cotangent], total, 'total');
}
