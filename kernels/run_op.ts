/** What every op does around its kernel: check the arguments, run the kernel, and tidy up. */
import {type NamedAttrMap, Tensor, type TensorContainer, tidy} from '@tensorflow/tfjs-core';
import {ensureKernels} from '../backends/registration';
import {ENGINE} from '../tfjs/engine';
import {gradientDepth} from '../tfjs/tape';
import type {ForwardAttrs} from './attributes';
import {checkBoolean, checkFinite, checkOptions, option} from './check';
import {isOfFloats} from './floats';
import {type Input, toFloat32} from './input';
import {type MaskInput, toMask} from './mask';
import type {Kernel} from './op';
import {resolveAxis} from './rows';

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

/** Checks the arguments of a forward op and runs its kernel: of the two, the second where there is a mask. */
export function runForward(
  op: string,
  [plain, masked]: readonly [Kernel, Kernel],
  logits: Input,
  axis: number,
  options: ScaleOptions & MaskOptions,
  keepDims = false,
): Tensor {
  checkOptions(op, options);
  const scale = option(options, 'scale', 1);
  const mask = option(options, 'mask', null);
  const run = () => {
    const x = toFloat32(op, 'logits', logits);
    const attrs: ForwardAttrs = {
      axis: resolveAxis(op, axis, x.shape),
      scale: checkFinite(op, 'scale', scale),
      keepDims: checkBoolean(op, 'keepDims', keepDims),
    };
    if (mask == null) return runKernel(plain.name, {logits: x}, attrs);
    return runKernel(masked.name, {logits: x, mask: toMask(op, mask, x.shape)}, attrs);
  };
  return inScope(logits instanceof Tensor && mask == null && isOfFloats(logits), run);
}

/**
 * Runs a kernel of the family on the active backend. tfjs finds it in its registry and records it on the tape; what it
 * calls there, the way goes on in backends/kernel_functions.ts.
 */
export function runKernel(kernelName: string, inputs: Record<string, Tensor>, attrs: NamedAttrMap): Tensor {
  ensureKernels();
  return ENGINE.runKernel(kernelName, inputs, attrs);
}

/**
 * Runs an op and tidies up after it, unless it leaves nothing: tidying is a sixth of the time of a tiny tensor.
 *
 * The scope has no name, and is always there where gradients are nested: tfjs labels what it records in a scope with the
 * name of the scope, and in backpropagation looks up a registered gradient by that label. Within a scope named 'softmax',
 * be it the user's own `tf.tidy('softmax', ...)`, it would take the gradient of our kernel of that name for it.
 */
export function inScope<T extends TensorContainer>(leavesNothing: boolean, op: () => T): T {
  return leavesNothing && gradientDepth() < 2 ? op() : tidy(op);
}
