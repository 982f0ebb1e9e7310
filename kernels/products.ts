import {type Tensor, util, zerosLike} from '@tensorflow/tfjs-core';
import type {ProductKind} from '../backends/engines/types';
import {productKernel} from '../backends/kernel_functions';
import {gradientDepth} from '../tfjs/tape';
import type {ForwardAttrs, ProductAttrs} from './attributes';
import {ALLOWED_AXES, type Axis, isSeenOtherwise, JointAxes} from './axes';
import {checkFinite, checkOptions, option} from './check';
import {type Input, type Numbers, toFloat32} from './input';
import {LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, MASKED_SOFTMAX, SOFTMAX, SOFTMAX_PRODUCT} from './names';
import type {Kernel, KernelGradient, Parameter, ProductOp} from './op';
import {asConstant, multiply, scaleRows, sumAlong} from './primitives';
import {reducedShape, resolveAxis} from './rows';
import {inScope, runKernel, type ScaleOptions} from './run_op';

/**
 * The Jacobian-vector product of softmax: J·v = y∘(v - ⟨y, v⟩) along the axis, with y = softmax(scale·logits) and J =
 * scale·(diag(y) - y yᵗ). The matrix is never built.
 *
 * @example
 * ```ts
 * softmaxJvp(logits, tf.onesLike(logits)).print();
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param tangent a direction in the space of the logits: same shape
 * @param axis the axis of the softmax, or a list of axes that sum to 1 together; negative counts from the end
 * @param options a scale, 1 by default
 * @returns the directional derivative, float32, of the shape of the logits; NaN in rows whose softmax is NaN
 * @throws if the shapes differ, an axis is out of range or named twice, the scale not finite, or a dtype is not real
 */
export function softmaxJvp<T extends Tensor = Tensor>(
  logits: T | Numbers,
  tangent: Input,
  axis: Axis = -1,
  options: ScaleOptions = {},
): T {
  return productOp('softmaxJvp', SOFTMAX_PRODUCT, logits, 'tangent', tangent, axis, options) as T;
}

/**
 * The vector-Jacobian product of softmax, which backpropagation needs: Jᵗ·g. J is symmetric, so this is J·g.
 *
 * @example
 * ```ts
 * softmaxVjp(logits, tf.onesLike(logits)).print();
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param cotangent a derivative with respect to the probabilities: same shape as the logits
 * @param axis the axis of the softmax, or a list of axes that sum to 1 together; negative counts from the end
 * @param options a scale, 1 by default
 * @returns a derivative with respect to the logits, float32, of their shape; NaN in rows whose softmax is NaN
 * @throws if the shapes differ, an axis is out of range or named twice, the scale not finite, or a dtype is not real
 */
export function softmaxVjp<T extends Tensor = Tensor>(
  logits: T | Numbers,
  cotangent: Input,
  axis: Axis = -1,
  options: ScaleOptions = {},
): T {
  return productOp('softmaxVjp', SOFTMAX_PRODUCT, logits, 'cotangent', cotangent, axis, options) as T;
}

/**
 * The Jacobian-vector product of logSoftmax: J·v = v - ⟨y, v⟩ along the axis, with y = softmax(scale·logits) and
 * J = scale·(I - 1 yᵗ).
 *
 * @example
 * ```ts
 * logSoftmaxJvp(logits, tf.onesLike(logits)).print();
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param tangent a direction in the space of the logits: same shape
 * @param axis the axis of the softmax, or a list of axes that sum to 1 together; negative counts from the end
 * @param options a scale, 1 by default
 * @returns the directional derivative, float32, of the shape of the logits; NaN in rows whose softmax is NaN
 * @throws if the shapes differ, an axis is out of range or named twice, the scale not finite, or a dtype is not real
 */
export function logSoftmaxJvp<T extends Tensor = Tensor>(
  logits: T | Numbers,
  tangent: Input,
  axis: Axis = -1,
  options: ScaleOptions = {},
): T {
  return productOp('logSoftmaxJvp', LOG_SOFTMAX_JVP, logits, 'tangent', tangent, axis, options) as T;
}

/**
 * The vector-Jacobian product of logSoftmax, which backpropagation needs: Jᵗ·g = g - y Σ g along the axis, with
 * y = softmax(scale·logits) and J = scale·(I - 1 yᵗ). J is not symmetric: this is not {@link logSoftmaxJvp}.
 *
 * @example
 * ```ts
 * logSoftmaxVjp(logits, tf.onesLike(logits)).print();
 * ```
 *
 * @param logits any rank and shape; float32, or int32 and bool, which are converted
 * @param cotangent a derivative with respect to the log-probabilities: same shape as the logits
 * @param axis the axis of the softmax, or a list of axes that sum to 1 together; negative counts from the end
 * @param options a scale, 1 by default
 * @returns a derivative with respect to the logits, float32, of their shape; NaN in rows whose softmax is NaN
 * @throws if the shapes differ, an axis is out of range or named twice, the scale not finite, or a dtype is not real
 */
export function logSoftmaxVjp<T extends Tensor = Tensor>(
  logits: T | Numbers,
  cotangent: Input,
  axis: Axis = -1,
  options: ScaleOptions = {},
): T {
  return productOp('logSoftmaxVjp', LOG_SOFTMAX_VJP, logits, 'cotangent', cotangent, axis, options) as T;
}

function productOp(
  op: string,
  kernelName: string,
  logits: Input,
  vectorName: string,
  vector: Input,
  axis: Axis,
  options: ScaleOptions,
): Tensor {
  return inScope(false, () => {
    const scale = option(checkOptions(op, options), 'scale', 1);
    const x = toFloat32(op, 'logits', logits);
    const v = toFloat32(op, vectorName, vector);
    if (!util.arraysEqual(x.shape, v.shape)) {
      throw new Error(
        `${op}: ${vectorName} has shape [${v.shape}] and logits have shape [${x.shape}]. They must have the same shape.`,
      );
    }
    const joint = isSeenOtherwise(axis, x.rank) ? new JointAxes(op, axis, x.shape) : null;
    const resolved = joint ? joint.axis : resolveAxis(op, axis as number, x.shape, ALLOWED_AXES);
    checkFinite(op, 'scale', scale);
    const attrs: ProductAttrs = {axis: resolved, scale, factor: scale};
    if (!joint) return runProduct(kernelName, x, v, attrs);
    return joint.part(runProduct(kernelName, joint.join(x), joint.join(v), attrs));
  });
}

function runProduct(kernelName: string, logits: Tensor, vector: Tensor, attrs: ProductAttrs): Tensor {
  if (gradientDepth() === 0) return runKernel(kernelName, {logits, vector}, attrs);
  const probabilities = softmaxAsConstant(logits, attrs);
  return runKernel(kernelName, {logits, probabilities, vector}, attrs);
}

/**
 * softmax as a constant: no gradient flows through it. For derivatives that take the logits' part into account
 * themselves.
 */
export function softmaxAsConstant(
  logits: Tensor,
  {axis, scale}: Pick<ForwardAttrs, 'axis' | 'scale'>,
  mask?: Tensor,
): Tensor {
  const attrs: ForwardAttrs = {axis, scale, keepDims: false};
  const run = () => (mask ? runKernel(MASKED_SOFTMAX, {logits, mask}, attrs) : runKernel(SOFTMAX, {logits}, attrs));
  if (gradientDepth() === 0) return run();
  return asConstant(run);
}

/*
 * Derivatives of the products, with the outer factor f and the scale a of the logits, for a cotangent g. Each kernel is
 * linear in its vector. What it is in the logits follows from dy = a·J·dx, J = diag(y) - y yᵗ. `probabilities` is a
 * constant to tfjs: its part is in the one of the logits.
 */

type Operands = {logits: Tensor; probabilities: Tensor};
type Derivative = (g: Tensor, vector: Tensor, operands: Operands, attrs: ProductAttrs) => Tensor;

/** J·v: its Jacobian in v is Jᵗ = J; in x, ⟨g, J v⟩ has the derivative J·((g - ⟨y,g⟩)∘(v - ⟨y,v⟩)). */
const softmaxProduct = productOf(SOFTMAX_PRODUCT, SOFTMAX_PRODUCT, (g, vector, operands, attrs) => {
  const centred = (v: Tensor) => runKernel(LOG_SOFTMAX_JVP, {...operands, vector: v}, {...attrs, factor: 1});
  const product = multiply(centred(g), centred(vector));
  return runKernel(SOFTMAX_PRODUCT, {...operands, vector: product}, {...attrs, factor: attrs.factor * attrs.scale});
});

/** v - ⟨y,v⟩: its transpose is g - y Σg; in x, ⟨g, ·⟩ has the derivative -Σg · J·v. */
const logSoftmaxJvpKernel = productOf(LOG_SOFTMAX_JVP, LOG_SOFTMAX_VJP, sumTimesProduct);

/** v - y Σv: its transpose is g - ⟨y,g⟩; in x, ⟨g, ·⟩ has the derivative -Σv · J·g. */
const logSoftmaxVjpKernel = productOf(LOG_SOFTMAX_VJP, LOG_SOFTMAX_JVP, (g, vector, operands, attrs) =>
  sumTimesProduct(vector, g, operands, attrs),
);

/** -f·a·Σu · J·w */
function sumTimesProduct(u: Tensor, w: Tensor, operands: Operands, attrs: ProductAttrs): Tensor {
  const factor = -attrs.factor * attrs.scale;
  const product = runKernel(SOFTMAX_PRODUCT, {...operands, vector: w}, {...attrs, factor});
  return scaleRows(product, sumAlong(u, attrs.axis, reducedShape(u.shape, attrs.axis, false)), attrs.axis);
}

/** A product's kernel; in its vector it has the derivative that its transpose gives, a kernel too. */
function productOf(kind: ProductKind, transpose: string, inLogits: Derivative): Kernel {
  const gradient: KernelGradient = {
    inputsToSave: ['logits', 'probabilities', 'vector'],
    gradFunc: (dy, saved, given) => {
      const [logits, probabilities, vector] = saved as [Tensor, Tensor, Tensor];
      const operands = {logits, probabilities};
      const attrs = given as ProductAttrs;
      return {
        vector: () => runKernel(transpose, {...operands, vector: dy as Tensor}, attrs),
        logits: () => inLogits(dy as Tensor, vector, operands, attrs),
        probabilities: () => zerosLike(probabilities),
      };
    },
  };
  return {name: kind, on: (backend) => productKernel(kind, backend), gradient};
}

export const PRODUCT_KERNELS: readonly Kernel[] = [softmaxProduct, logSoftmaxJvpKernel, logSoftmaxVjpKernel];

export const softmaxJvpOp = productRecord(softmaxJvp, 'tangent', softmaxProduct);
export const softmaxVjpOp = productRecord(softmaxVjp, 'cotangent', softmaxProduct);
export const logSoftmaxJvpOp = productRecord(logSoftmaxJvp, 'tangent', logSoftmaxJvpKernel);
export const logSoftmaxVjpOp = productRecord(logSoftmaxVjp, 'cotangent', logSoftmaxVjpKernel);

function productRecord(run: ProductOp['run'], vector: Parameter, kernel: Kernel): ProductOp {
  return {run, parameters: ['logits', vector, 'axis', 'options'], options: ['scale'], kernels: [kernel]};
}
