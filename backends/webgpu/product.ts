import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductFromLogitsRequest, ProductRequest} from '../backend';
import type {Loss, ProductKind} from '../engines/types';
import {PRODUCT_FORMULAS} from '../shaders';
import {lossGradientOp} from './loss_op';
import type {RowOp} from './row_op';
import {runRows} from './run_rows';

/** A Jacobian product: of each row the sum t, and then the formula of its kind. */
export function product({kind, y, v, rows, factor}: ProductRequest, backend: WebGPUBackend): TensorInfo {
  return runRows(`${kind},${factor}`, () => productOp(kind, factor), [y, v], rows, y.shape, backend);
}

function productOp(kind: ProductKind, factor: number): RowOp {
  const {term, result} = PRODUCT_FORMULAS[kind];
  const ofRegisters = (formula: string, u: number) => formula.replace(/[yv]/g, (name) => name + u);
  return {
    key: kind,
    registers: ['y', 'v'],
    uniforms: [['factor', 'f32', factor]],
    reduces: false,
    code: () => ({
      sums: [{field: 't', term: (u) => ofRegisters(term, u)}],
      result: (u) => `bitcast<VI>(uniforms.factor * (${ofRegisters(result, u)}))`,
    }),
  };
}

/** Whether logits have a product of their own here: other derivatives do not, and losses, by which it is, have no scale. */
export function isFused({kind, scale}: ProductFromLogitsRequest): boolean {
  return kind === 'logSoftmaxVjp' && scale === 1;
}

/**
 * logSoftmax's derivative in one dispatch: g - y Σg is that of cross-entropy, y Σq - q, times -1, with the vector as labels.
 */
export function productFromLogits(request: ProductFromLogitsRequest, backend: WebGPUBackend): TensorInfo {
  const {kind, x, v, rows, factor} = request;
  const loss: Loss = {rows, sparse: false, smoothing: 0, total: null};
  const op = () => lossGradientOp(loss, -factor, null);
  return runRows(`${kind} of logits,${factor}`, op, [x, v], rows, x.shape, backend);
}
