/**
 * Large tensors: brought to a shared memory, where threads compute, and back to TensorFlow; the largest part by part.
 * All return null where this way is not open: then tensors go the way of small ones.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {
  CrossEntropyGradientRequest,
  CrossEntropyRequest,
  ForwardRequest,
  ProductFromLogitsRequest,
  ProductRequest,
} from '../backend';
import {
  ofBlocks,
  runForward,
  runLogSoftmaxGradient,
  runLoss,
  runLossGradient,
  runMasked,
  runProduct,
} from '../engines/wasm/launch';
import {hasGradientKernel} from '../engines/wasm/variants';
import {inParts} from './in_parts';
import type {NodeBackend} from './node_backend';

/** The forward pass. */
export function forwardLarge(request: ForwardRequest, backend: NodeBackend): TensorInfo | null {
  const {kind, x, rows, scale, mask, outputShape} = request;
  const width = rows.n * rows.inner;
  const logits = {tensor: x, width};
  const output = {shape: outputShape, width: kind === 'logSumExp' ? rows.inner : width};
  return inParts(
    {
      outer: rows.outer,
      inputs: mask ? [logits, {tensor: mask.tensor, width: 0}] : [logits],
      output,
      run({kernels}, addresses, outer, first) {
        const these = {...rows, outer};
        if (mask) {
          const [from, flags, to] = addresses as [number, number, number];
          runMasked(kernels, kind, from, flags, to, these, scale, mask, first);
        } else {
          runForward(kernels, kind, addresses[0]!, addresses[1]!, these, scale);
        }
      },
    },
    backend,
  );
}

/** A Jacobian product. */
export function productLarge({kind, y, v, rows, factor}: ProductRequest, backend: NodeBackend): TensorInfo | null {
  const width = rows.n * rows.inner;
  return inParts(
    {
      outer: rows.outer,
      inputs: [y, v].map((tensor) => ({tensor, width})),
      output: {shape: y.shape, width},
      run({kernels}, addresses, outer) {
        const [first, second, to] = addresses as [number, number, number];
        runProduct(kernels, kind, first, second, to, {...rows, outer}, factor);
      },
    },
    backend,
  );
}

/** A Jacobian product of logits: in one kernel, or else of a softmax that is nowhere but in the parts. */
export function productOfLogitsLarge(request: ProductFromLogitsRequest, backend: NodeBackend): TensorInfo | null {
  const {kind, x, v, rows, scale, factor} = request;
  const width = rows.n * rows.inner;
  const isOneKernel = hasGradientKernel(kind, rows, scale, factor);
  return inParts(
    {
      outer: rows.outer,
      inputs: [x, v].map((tensor) => ({tensor, width})),
      output: {shape: x.shape, width},
      scratch: isOneKernel ? 0 : width,
      run({kernels}, addresses, outer) {
        const [logits, vector, to, y] = addresses as [number, number, number, number];
        const these = {...rows, outer};
        if (isOneKernel) {
          runLogSoftmaxGradient(kernels, logits, vector, to, these, scale);
        } else {
          runForward(kernels, 'softmax', logits, y, these, scale);
          runProduct(kernels, kind, y, vector, to, these, factor);
        }
      },
    },
    backend,
  );
}

/** Cross-entropy. */
export function lossLarge(request: CrossEntropyRequest, backend: NodeBackend): TensorInfo | null {
  const {rows, total, outputShape} = request;
  return inParts(
    {
      outer: rows.outer,
      inputs: logitsAndLabels(request),
      output: {shape: outputShape, width: total === null ? rows.inner : 0},
      run({kernels}, addresses, outer) {
        const [logits, labels, to] = addresses as [number, number, number];
        runLoss(kernels, logits, labels, to, ofBlocks(request, outer));
      },
    },
    backend,
  );
}

/** Its derivative in the logits. */
export function lossGradientLarge(request: CrossEntropyGradientRequest, backend: NodeBackend): TensorInfo | null {
  const {x, rows, total, cotangent} = request;
  return inParts(
    {
      outer: rows.outer,
      inputs: [...logitsAndLabels(request), {tensor: cotangent, width: total === null ? rows.inner : 0}],
      output: {shape: x.shape, width: rows.n * rows.inner},
      run({kernels}, addresses, outer) {
        const [logits, labels, cotangents, to] = addresses as [number, number, number, number];
        runLossGradient(kernels, logits, labels, cotangents, to, ofBlocks(request, outer));
      },
    },
    backend,
  );
}

function logitsAndLabels({x, labels, sparse, rows: {n, inner}}: CrossEntropyRequest) {
  return [
    {tensor: x, width: n * inner},
    {tensor: labels, width: sparse ? inner : n * inner},
  ];
}
