/** What the forward ops do with their arguments. */
import {Tensor} from '@tensorflow/tfjs-core';
import type {ForwardAttrs} from './attributes';
import {ALLOWED_AXES, type Axis, isList, JointAxes} from './axes';
import {checkBoolean, checkFinite, checkOptions, option} from './check';
import {isOfFloats} from './floats';
import {type Input, toFloat32} from './input';
import {toMask} from './mask';
import type {Kernel} from './op';
import {resolveAxis} from './rows';
import {inScope, type MaskOptions, runKernel, type ScaleOptions} from './run_op';

/** A forward op: its name, and its kernels, the second for where there is a mask. */
export interface Forward {
  op: string;
  kernels: readonly [Kernel, Kernel];
  /** Whether it gives one number for each row, not one for each logit. */
  perRow?: true;
}

/** Checks the arguments of a forward op and runs its kernel. */
export function runForward(
  {op, kernels: [plain, masked], perRow}: Forward,
  logits: Input,
  axis: Axis,
  options: ScaleOptions & MaskOptions,
  keepDims = false,
): Tensor {
  checkOptions(op, options);
  const scale = option(options, 'scale', 1);
  const mask = option(options, 'mask', null);
  const run = () => {
    const x = toFloat32(op, 'logits', logits);
    const joint = isList(axis) ? new JointAxes(op, axis, x.shape) : null;
    const attrs: ForwardAttrs = {
      axis: joint ? joint.axis : resolveAxis(op, axis as number, x.shape, ALLOWED_AXES),
      scale: checkFinite(op, 'scale', scale),
      keepDims: checkBoolean(op, 'keepDims', keepDims),
    };
    const kept = mask == null ? null : toMask(op, mask, x.shape);
    if (!joint)
      return kept ? runKernel(masked.name, {logits: x, mask: kept}, attrs) : runKernel(plain.name, {logits: x}, attrs);
    const inputs = {logits: joint.join(x)};
    const ofRows = {...attrs, keepDims: false};
    const result = kept
      ? runKernel(masked.name, {...inputs, mask: joint.joinMask(kept)}, ofRows)
      : runKernel(plain.name, inputs, ofRows);
    return perRow ? joint.partRows(result, keepDims) : joint.part(result);
  };
  return inScope(logits instanceof Tensor && mask == null && !isList(axis) && isOfFloats(logits), run);
}
