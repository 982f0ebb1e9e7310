/**
 * The few elementwise and linear operations that derivatives of the family are made of, each with its own derivative.
 *
 * tfjs has ops for them, but their gradients are there only if `register_all_gradients` was loaded, and the family is
 * to be differentiable to any order without. tfjs's kernels do the work. What a derivative has to keep is kept by a
 * kernel's registered gradient: on wasm a customGrad that saves counts as a leak in tfjs's test mode.
 */

import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {elementwise} from './elementwise';
import {floats} from './floats';
import {LOG_PLUS, MULTIPLY, RECIPROCAL, SELECT, TIMES_ROWS} from './names';
import {rowsAlong} from './rows';
import {runKernel} from './run';

/** a∘b, of one shape. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return runKernel(MULTIPLY, {a, b}, {});
}

/** x with each row along `axis` times its number in g, which has the shape of x without that axis, or with length 1 there. */
export function timesRows(x: Tensor, g: Tensor, axis: number): Tensor {
  return runKernel(TIMES_ROWS, {x, g}, {axis});
}

/** c·x, with a number c. */
export function scaled(x: Tensor, c: number): Tensor {
  if (c === 1) return x;
  return tf.customGrad((t) => ({
    value: elementwise([t as Tensor], (flat) => tf.mul(flat, c)),
    gradFunc: (dy: Tensor) => scaled(dy, c),
  }))(x);
}

/** x where the mask is true, 0 elsewhere, whatever x has there. The mask broadcasts. */
export function selected(x: Tensor, mask: Tensor): Tensor {
  return runKernel(SELECT, {x, mask}, {});
}

/** One number a row laid along the row: from the shape without `axis` (or with length 1 there) to `shape`. */
export function spread(x: Tensor, shape: number[], axis: number): Tensor {
  const {outer, n, inner} = rowsAlong(shape, axis);
  return tf.customGrad((t) => {
    const repeated = () => tf.reshape(tf.tile(tf.reshape(floats(t as Tensor), [outer, 1, inner]), [1, n, 1]), shape);
    return {
      value: unlessEmpty(shape, shape, repeated),
      gradFunc: (dy: Tensor) => sumAlong(dy, axis, x.shape),
    };
  })(x);
}

/** Σ along `axis`, in `outputShape`: without the axis, or with length 1 there. The adjoint of `spread`. */
export function sumAlong(x: Tensor, axis: number, outputShape: number[]): Tensor {
  const {shape} = x;
  const {outer, n, inner} = rowsAlong(shape, axis);
  return tf.customGrad((t) => ({
    value: unlessEmpty(shape, outputShape, () =>
      tf.reshape(tf.sum(tf.reshape(floats(t as Tensor), [outer, n, inner]), 1), outputShape),
    ),
    gradFunc: (dy: Tensor) => spread(dy, shape, axis),
  }))(x);
}

/** The sum of all elements, a scalar. */
export function total(x: Tensor): Tensor {
  return tf.customGrad((t) => ({
    value: unlessEmpty(x.shape, [], () => tf.sum(floats(t as Tensor))),
    gradFunc: (dy: Tensor) => filled(dy, x.shape),
  }))(x);
}

/** A scalar at each element of that shape. The adjoint of `total`. */
export function filled(x: Tensor, shape: number[]): Tensor {
  return tf.customGrad((t) => ({
    value: tf.reshape(tf.mul(tf.ones([tf.util.sizeFromShape(shape)]), t as Tensor), shape),
    gradFunc: (dy: Tensor) => total(dy),
  }))(x);
}

/** The tensor in another shape of as many elements. */
export function reshaped(x: Tensor, shape: number[]): Tensor {
  return tf.customGrad((t) => ({
    value: tf.reshape(t as Tensor, shape),
    gradFunc: (dy: Tensor) => reshaped(dy, x.shape),
  }))(x);
}

/** The tensor with its axes in another order. */
export function transposed(x: Tensor, order: number[]): Tensor {
  const back = order.map((_, i) => order.indexOf(i));
  return tf.customGrad((t) => ({
    value: unlessEmpty(
      x.shape,
      order.map((i) => x.shape[i]!),
      () => tf.transpose(floats(t as Tensor), order),
    ),
    gradFunc: (dy: Tensor) => transposed(dy, back),
  }))(x);
}

/** Zeros if a tensor of that shape has no elements: some of tfjs's kernels on wasm divide by their number. */
function unlessEmpty(shape: number[], outputShape: number[], value: () => Tensor): Tensor {
  return tf.util.sizeFromShape(shape) === 0 ? tf.zeros(outputShape) : value();
}

/** log x + c, with a number c. */
export function logPlus(x: Tensor, c: number): Tensor {
  return runKernel(LOG_PLUS, {x}, {c});
}

/** 1 / x; of 0 Infinity, or if asked for 0. */
export function reciprocal(x: Tensor, ofZero: number): Tensor {
  return runKernel(RECIPROCAL, {x}, {ofZero});
}

export const CALCULUS_GRADIENTS: GradConfig[] = [
  {
    kernelName: MULTIPLY,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({a: () => multiply(dy as Tensor, b!), b: () => multiply(dy as Tensor, a!)}),
  },
  {
    kernelName: TIMES_ROWS,
    inputsToSave: ['x', 'g'],
    gradFunc: (dy, [x, g], {axis}) => ({
      x: () => timesRows(dy as Tensor, g!, axis as number),
      g: () => sumAlong(multiply(dy as Tensor, x!), axis as number, g!.shape),
    }),
  },
  {
    kernelName: SELECT,
    inputsToSave: ['mask'],
    gradFunc: (dy, [mask]) => ({x: () => selected(dy as Tensor, mask!)}),
  },
  {
    kernelName: LOG_PLUS,
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({x: () => multiply(dy as Tensor, reciprocal(x!, Infinity))}),
  },
  {
    kernelName: RECIPROCAL,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], {ofZero}) => ({
      x: () => {
        const r = reciprocal(x!, ofZero as number);
        return scaled(multiply(dy as Tensor, multiply(r, r)), -1);
      },
    }),
  },
];
