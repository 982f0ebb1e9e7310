/** What the forward ops have in common: what they do with their arguments, and how their kernels are made. */
import {Tensor} from '@tensorflow/tfjs-core';
import type {ForwardKind} from '../backends/engines/types';
import {forwardKernel} from '../backends/kernel_functions';
import type {ForwardAttrs} from './attributes';
import {ALLOWED_AXES, type Axis, isSeenOtherwise, JointAxes} from './axes';
import {checkBoolean, checkFinite, checkOptions, option} from './check';
import {isOfFloats} from './floats';
import {type Input, toFloat32} from './input';
import {toMask} from './mask';
import type {ForwardPass, Kernel, KernelGradient} from './op';
import {resolveAxis} from './rows';
import {inScope, type MaskOptions, runKernel, type ScaleOptions} from './run_op';

/** Checks the arguments of a forward op and runs its kernel. */
export function runForward(
  {name: op, kernels: [plain, masked], perRow}: ForwardPass,
  given: Input,
  axis: Axis,
  options: ScaleOptions & MaskOptions,
  keepDims = false,
): Tensor {
  checkOptions(op, options);
  const scale = option(options, 'scale', 1);
  const mask = option(options, 'mask', null);
  const run = () => {
    const x = toFloat32(op, 'logits', given);
    const joint = isSeenOtherwise(axis, x.rank) ? new JointAxes(op, axis, x.shape) : null;
    const attrs: ForwardAttrs = {
      axis: joint ? joint.axis : resolveAxis(op, axis as number, x.shape, ALLOWED_AXES),
      scale: checkFinite(op, 'scale', scale),
      keepDims: checkBoolean(op, 'keepDims', keepDims),
    };
    const kept = toMask(op, mask, x.shape);
    const {name} = kept ? masked : plain;
    if (!joint) return runKernel(name, kept ? {logits: x, mask: kept} : {logits: x}, attrs);
    const logits = joint.join(x);
    const result = runKernel(name, kept ? {logits, mask: joint.joinMask(kept)} : {logits}, attrs);
    return perRow ? joint.partRows(result, keepDims) : joint.part(result);
  };
  const isPlain = given instanceof Tensor && mask === null && !isSeenOtherwise(axis, given.rank);
  return inScope(isPlain && isOfFloats(given), run);
}

/** The kernels of a forward pass, without a mask, and under the other name with one. */
export function forwardKernels(
  kind: ForwardKind,
  masked: string,
  [gradient, maskedGradient]: readonly [KernelGradient, KernelGradient],
): [Kernel, Kernel] {
  return [
    {name: kind, on: (backend) => forwardKernel(kind, false, backend), gradient},
    {name: masked, on: (backend) => forwardKernel(kind, true, backend), gradient: maskedGradient},
  ];
}

/** Their gradients, where the derivative for a cotangent needs the logits, and the mask if there is one. */
export function gradientsOfLogits(
  derivative: (logits: Tensor, dy: Tensor, attrs: ForwardAttrs, mask?: Tensor) => Tensor,
): [KernelGradient, KernelGradient] {
  const gradientOf = (inputsToSave: string[]): KernelGradient => ({
    inputsToSave,
    gradFunc: (dy, [logits, mask], attrs) => ({
      logits: () => derivative(logits!, dy as Tensor, attrs as ForwardAttrs, mask),
    }),
  });
  return [gradientOf(['logits']), gradientOf(['logits', 'mask'])];
}
