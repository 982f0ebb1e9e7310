import type {KernelFunc, NamedAttrMap, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {elementwise} from '../../kernels/elementwise';
import {LOG_PLUS, MULTIPLY, RECIPROCAL, SELECT, TIMES_ROWS} from '../../kernels/names';
import {rowsAlong} from '../../kernels/rows';
import {select} from './select';

type Values = (inputs: Record<string, Tensor>, attrs: NamedAttrMap) => Tensor;

const VALUES: Record<string, Values> = {
  [MULTIPLY]: ({a, b}) => elementwise([a!, b!], (u, v) => tf.mul(u!, v!)),
  [TIMES_ROWS]: ({x, g}, {axis}) => {
    const {outer, n, inner} = rowsAlong(x!.shape, axis as number);
    return tf.reshape(tf.mul(tf.reshape(x!, [outer, n, inner]), tf.reshape(g!, [outer, 1, inner])), x!.shape);
  },
  [RECIPROCAL]: ({x}, {ofZero}) => elementwise([x!], (flat) => (ofZero === 0 ? tf.divNoNan(1, flat) : tf.div(1, flat))),
  [LOG_PLUS]: ({x}, {c}) => elementwise([x!], (flat) => tf.add(tf.log(flat), c as number)),
  [SELECT]: ({x, mask}) => select(mask!, x!, 0),
};

/** The elementwise operations of derivatives, by tfjs's kernels of the active backend; kernel names and functions. */
export const CALCULUS_KERNELS: [string, KernelFunc][] = Object.entries(VALUES).map(([name, value]) => [
  name,
  ({inputs, attrs}) => tf.tidy(() => value(inputs as Record<string, Tensor>, attrs ?? {})),
]);
