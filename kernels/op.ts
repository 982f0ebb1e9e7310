import {customGrad, Tensor} from '@tensorflow/tfjs-core';
import {gradientDepth} from '../tfjs/tape';
import {checkBoolean, checkFinite, checkOptions} from './check';
import {isOfFloats} from './floats';
import {type Input, toFloat32} from './input';
import {type MaskInput, toMask} from './mask';
import {type ForwardAttrs, MASKED_SOFTMAX, SOFTMAX} from './names';
import {resolveAxis} from './rows';
import {runKernel} from './run';
import {inScope} from './scope';

/** Options of the ops that have a temperature. */
export interface ScaleOptions {
  /** The logits are multiplied by it: the inverse temperature. Negative gives softmin, 0 the uniform distribution. */
  scale?: number;
}

/** Options of the ops that can leave logits out. */
export interface MaskOptions {
  /**
   * Which logits take part: booleans of a shape that broadcasts to that of the logits, true for those that do. The others
   * have probability 0 and gradient 0, whatever they hold, NaN too; a row with none has probability 0 throughout.
   */
  mask?: MaskInput | null;
}

/** A forward op: its name and kernels, with and without a mask. */
export interface ForwardOp {
  name: string;
  kernel: string;
  maskedKernel: string;
}

/** Checks the arguments of a forward op and runs its kernel. */
export function runForward(
  {name, kernel, maskedKernel}: ForwardOp,
  logits: Input,
  axis: number,
  options: ScaleOptions & MaskOptions,
  keepDims = false,
): Tensor {
  const {scale = 1, mask = null} = checkOptions(name, options);
  const run = () => {
    const x = toFloat32(name, 'logits', logits);
    const attrs: ForwardAttrs = {
      axis: resolveAxis(name, axis, x.shape),
      scale: checkFinite(name, 'scale', scale),
      keepDims: checkBoolean(name, 'keepDims', keepDims),
      exact: false,
    };
    if (mask == null) return runKernel(kernel, {logits: x}, attrs);
    return runKernel(maskedKernel, {logits: x, mask: toMask(name, mask, x.shape)}, attrs);
  };
  return inScope(logits instanceof Tensor && mask == null && isOfFloats(logits), run);
}

/**
 * softmax as a constant: no gradient flows through it. For derivatives that take the logits' part into account
 * themselves.
 */
export function softmaxAsConstant(logits: Tensor, {axis, scale, exact}: ConstantAttrs, mask?: Tensor): Tensor {
  const attrs: ForwardAttrs = {axis, scale, exact, keepDims: false};
  const run = () => (mask ? runKernel(MASKED_SOFTMAX, {logits, mask}, attrs) : runKernel(SOFTMAX, {logits}, attrs));
  if (gradientDepth() === 0) return run();
  // On the tape this is a function of nothing.
  return customGrad(() => ({value: run(), gradFunc: () => []}))();
}

type ConstantAttrs = Pick<ForwardAttrs, 'axis' | 'scale' | 'exact'>;
