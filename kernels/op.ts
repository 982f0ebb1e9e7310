import type {NamedAttrMap} from '@tensorflow/tfjs-core';
import {customGrad, engine, Tensor, tidy} from '@tensorflow/tfjs-core';
import {ensureKernels} from '../backends/register';
import {checkFinite, type Input, toFloat32} from './input';
import {type ForwardAttrs, SOFTMAX} from './names';
import {resolveAxis} from './rows';

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
  const run = () => {
    const x = toFloat32(op, 'logits', logits);
    const attrs: ForwardAttrs = {
      axis: resolveAxis(op, axis, x.shape),
      scale: checkFinite(op, 'scale', scale),
      keepDims,
    };
    return runKernel(kernelName, {logits: x}, attrs);
  };
  // A tensor that is used as it is leaves nothing to tidy up, and tidying is a sixth of the time of a tiny one.
  return logits instanceof Tensor && logits.dtype === 'float32' ? run() : tidy(op, run);
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
