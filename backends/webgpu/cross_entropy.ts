import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {type TensorInfo, type TypedArray, util} from '@tensorflow/tfjs-core';
import type {CrossEntropyGradientRequest, CrossEntropyRequest} from '../backend';
import {crossEntropyGradient as gradientOnCpu, crossEntropy as lossOnCpu} from '../engines/javascript/cross_entropy';
import {lossGradientOp, lossOp} from './ops/loss_op';
import {totalOp} from './ops/total_op';
import {runRows} from './run_rows';
import {floats, onCpuIfSmall} from './small';

/** Cross-entropy of each row, and where it is asked for, one more dispatch for their total. */
export function crossEntropy(request: CrossEntropyRequest, backend: WebGPUBackend): TensorInfo {
  const {x, labels, rows, sparse, total, outputShape} = request;
  const small = onCpuIfSmall([x, labels], outputShape, backend, (out, logits, given) =>
    lossOnCpu(floats(logits), labelsOf(given!, sparse), out, request),
  );
  if (small) return small;
  const name = `loss,${sparse},${request.smoothing}`;
  const losses = (shape: number[]) =>
    runRows(name, (vector) => lossOp(request, vector), [x, labels], rows, shape, backend);
  if (total === null) return losses(outputShape);
  const perRow = losses([rows.outer * rows.inner]);
  const all = {outer: 1, n: util.sizeFromShape(perRow.shape), inner: 1};
  try {
    return runRows(`total,${total}`, (vector) => totalOp(vector, total), [perRow], all, outputShape, backend);
  } finally {
    backend.disposeData(perRow.dataId);
  }
}

export function crossEntropyGradient(request: CrossEntropyGradientRequest, backend: WebGPUBackend): TensorInfo {
  const {x, labels, cotangent, rows, sparse, total} = request;
  const small = onCpuIfSmall([x, labels, cotangent], x.shape, backend, (out, logits, given, g) =>
    gradientOnCpu(floats(logits), labelsOf(given!, sparse), floats(g!), out, request),
  );
  if (small) return small;
  const run = (tensors: TensorInfo[], factor: number, given: 'rows' | 'total' | null) =>
    runRows(
      `lossGradient,${sparse},${request.smoothing},${factor},${given}`,
      (vector) => lossGradientOp(request, vector, factor, given),
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

function labelsOf(values: TypedArray, sparse: boolean): Float32Array | Int32Array {
  return sparse ? (values as Int32Array) : floats(values);
}
