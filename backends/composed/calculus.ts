import type {KernelFunc, NamedAttrMap, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {LOG_PLUS, MULTIPLY, RECIPROCAL, SELECT} from '../../kernels/names';

type Values = (inputs: Record<string, Tensor>, attrs: NamedAttrMap) => Tensor;

const VALUES: Record<string, Values> = {
  [MULTIPLY]: ({a, b}) => tf.mul(a!, b!),
  [RECIPROCAL]: ({x}) => tf.div(1, x!),
  [LOG_PLUS]: ({x}, {c}) => tf.add(tf.log(x!), c as number),
  // tf.where must not see an empty x with a mask that is not: tfjs takes the mask's size for that of the result, and on
  // wasm writes as much, beyond the result.
  [SELECT]: ({x, mask}) => (x!.size === 0 ? tf.zeros(x!.shape) : tf.where(mask!, x!, 0)),
};

/** The elementwise operations of derivatives, by tfjs's kernels of the active backend; kernel names and functions. */
export const CALCULUS_KERNELS: [string, KernelFunc][] = Object.entries(VALUES).map(([name, value]) => [
  name,
  ({inputs, attrs}) => tf.tidy(() => value(inputs as Record<string, Tensor>, attrs ?? {})),
]);
