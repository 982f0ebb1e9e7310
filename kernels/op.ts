import type {NamedAttrMap, Rank, TensorLike} from '@tensorflow/tfjs-core';
import {cast, customGrad, engine, Tensor, tensor, tidy} from '@tensorflow/tfjs-core';
import {ensureKernels} from '../backends/register';
import {type ForwardAttrs, SOFTMAX} from './names';
import {resolveAxis} from './rows';

/** What every op takes: a tensor of any rank, or numbers as plain or typed arrays. */
export type Input = Tensor | TensorLike;

export interface ScaleOptions {
  /** The logits are multiplied by it: the inverse temperature. Negative gives softmin, 0 the uniform distribution. */
  scale?: number;
}

/** Runs a kernel of the family on the active backend. */
export function runKernel(kernelName: string, inputs: Record<string, Tensor>, attrs: NamedAttrMap): Tensor {
  ensureKernels();
  return engine().runKernel(kernelName, inputs, attrs);
}

/** A forward op: checks its arguments and runs its kernel. */
export function forwardOp(
  op: string,
  kernelName: string,
  logits: Input,
  axis: number,
  scale: number,
  keepDims = false,
): Tensor {
  return tidy(op, () => {
    const x = toFloat32(op, 'logits', logits);
    const attrs: ForwardAttrs = {
      axis: resolveAxis(op, axis, x.shape),
      scale: checkFinite(op, 'scale', scale),
      keepDims,
    };
    return runKernel(kernelName, {logits: x}, attrs);
  });
}

/**
 * softmax as a constant: no gradient flows through it. For derivatives that take the logits' part into account
 * themselves.
 */
export function softmaxAsConstant(logits: Tensor, axis: number, scale: number): Tensor {
  const attrs: ForwardAttrs = {axis, scale, keepDims: false};
  // On the tape this is a function of nothing.
  return customGrad(() => ({value: runKernel(SOFTMAX, {logits}, attrs), gradFunc: () => []}))();
}

/**
 * The input as a float32 tensor; int32 and bool are converted.
 * @throws for what has no logits: string and complex64, a disposed tensor, nothing at all
 */
export function toFloat32(op: string, name: string, value: Input): Tensor {
  const t = value instanceof Tensor ? value : makeTensor(op, name, value);
  if (t.isDisposed) {
    throw new Error(
      `${op}: ${name} is a tensor that was disposed. Use it before dispose(), or tf.keep it in its tf.tidy.`,
    );
  }
  if (t.dtype === 'float32') return t;
  if (t.dtype === 'int32' || t.dtype === 'bool') return cast(t, 'float32');
  throw new Error(`${op}: ${name} has dtype ${t.dtype}. Allowed are float32, and int32 and bool, which are converted.`);
}

function makeTensor(op: string, name: string, value: TensorLike): Tensor<Rank> {
  const allowed =
    'Allowed are tensors, numbers, and nested or typed arrays of numbers in which all rows have one length.';
  if (value == null) throw new Error(`${op}: ${name} is ${value}. ${allowed}`);
  try {
    return tensor(value);
  } catch (error) {
    throw new Error(`${op}: ${name} is no tensor: ${(error as Error).message} ${allowed}`);
  }
}

/** @throws if a number option is not a finite number */
export function checkFinite(op: string, name: string, value: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`${op}: ${name} must be a finite number, but got ${String(value)}.`);
  }
  return value;
}
