import {expandDims, eye, type Tensor, tile, util, zeros} from '@tensorflow/tfjs-core';
import {checkElements} from './check';
import {type Input, toFloat32} from './input';
import type {Op} from './op';
import {broadcastRows, reshaped, transposed} from './primitives';
import {logSoftmaxVjp, softmaxVjp} from './products';
import {resolveAxis} from './rows';
import {inScope} from './run_op';

/**
 * The explicit Jacobian of softmax: J = diag(y) - y yᵗ with y = softmax(x), that is ∂yᵢ/∂xⱼ = yᵢ(δᵢⱼ - yⱼ). It is
 * symmetric, and its rows sum to 0. It has n² numbers for each row of logits; for a product with it, use
 * {@link softmaxJvp}.
 *
 * @example
 * ```ts
 * softmaxJacobian([1, 2, 3]).print(); // of shape [3, 3]
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis of the softmax, of length n; negative counts from the end
 * @returns float32, [...others, n, n] with the other axes in their order; entry [..., i, j] is ∂yᵢ/∂xⱼ
 * @throws if the axis is out of range, the dtype is not float32, int32 or bool, or the Jacobian has 2^31 elements or more
 */
export function softmaxJacobian(logits: Input, axis = -1): Tensor {
  return jacobian('softmaxJacobian', logits, axis, softmaxVjp);
}

/**
 * The explicit Jacobian of logSoftmax: J = I - 1 yᵗ with y = softmax(x), that is ∂ log yᵢ/∂xⱼ = δᵢⱼ - yⱼ.
 *
 * @example
 * ```ts
 * logSoftmaxJacobian([1, 2, 3]).print(); // of shape [3, 3]
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param axis the axis of the softmax, of length n; negative counts from the end
 * @returns float32, [...others, n, n] with the other axes in their order; entry [..., i, j] is ∂ log yᵢ/∂xⱼ
 * @throws if the axis is out of range, the dtype is not float32, int32 or bool, or the Jacobian has 2^31 elements or more
 */
export function logSoftmaxJacobian(logits: Input, axis = -1): Tensor {
  return jacobian('logSoftmaxJacobian', logits, axis, logSoftmaxVjp);
}

/** Row i of J is Jᵗ·eᵢ: one vector-Jacobian product with the identity, the logits repeated for each of its rows. */
function jacobian(op: string, logits: Input, axis: number, vjp: typeof softmaxVjp): Tensor {
  return inScope(false, () => {
    const x = toFloat32(op, 'logits', logits);
    const last = axisLast(x, resolveAxis(op, axis, x.shape));
    const n = last.shape[last.rank - 1]!;
    const others = last.shape.slice(0, -1);
    const rows = util.sizeFromShape(others);
    // Without rows the Jacobian is empty, however long they would be.
    if (rows > 0) checkElements(op, 'the Jacobian', [...others, n, n]);
    const identity = rows > 0 ? tile(expandDims(eye(n)), [rows, 1, 1]) : zeros([0, n, n]);
    return reshaped(vjp(broadcastRows(last, [rows, n, n], 1), identity), [...others, n, n]);
  });
}

/** The tensor with that axis moved to the end; a scalar as a row of one. */
function axisLast(x: Tensor, axis: number): Tensor {
  if (x.rank === 0) return broadcastRows(x, [1], 0);
  if (axis === x.rank - 1) return x;
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
  return transposed(x, [...others, axis]);
}

export const softmaxJacobianOp: Op = {run: softmaxJacobian, parameters: ['logits', 'axis'], kernels: []};
export const logSoftmaxJacobianOp: Op = {run: logSoftmaxJacobian, parameters: ['logits', 'axis'], kernels: []};
