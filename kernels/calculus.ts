/**
 * The few elementwise and linear operations that derivatives of the family are made of, each with its own derivative.
 *
 * tfjs has ops for them, but their gradients are there only if `register_all_gradients` was loaded, and the family is
 * to be differentiable to any order without. tfjs's kernels do the work.
 */

import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {reducedShape} from './rows';

/** a∘b, of one shape. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return tf.customGrad((x, y, save) => {
    (save as tf.GradSaveFunc)([x as Tensor, y as Tensor]);
    return {
      value: tf.mul(x as Tensor, y as Tensor),
      gradFunc: (dy: Tensor, saved: Tensor[]) => [multiply(dy, saved[1]!), multiply(dy, saved[0]!)],
    };
  })(a, b);
}

/** c·x, with a number c. */
export function scaled(x: Tensor, c: number): Tensor {
  if (c === 1) return x;
  return tf.customGrad((t) => ({value: tf.mul(t as Tensor, c), gradFunc: (dy: Tensor) => scaled(dy, c)}))(x);
}

/** x where the mask is true, 0 elsewhere, whatever x has there. The mask broadcasts. */
export function selected(x: Tensor, mask: Tensor): Tensor {
  return tf.customGrad((t) => ({
    value: tf.where(mask, t as Tensor, 0),
    gradFunc: (dy: Tensor) => selected(dy, mask),
  }))(x);
}

/** One number a row laid along the row: from the shape without `axis` (or with length 1 there) to `shape`. */
export function spread(x: Tensor, shape: number[], axis: number): Tensor {
  return tf.customGrad((t) => {
    const perRow = tf.reshape(t as Tensor, reducedShape(shape, axis, true));
    return {
      value: tf.tile(
        perRow,
        shape.map((d, i) => (i === axis ? d : 1)),
      ),
      gradFunc: (dy: Tensor) => sumAlong(dy, axis, x.shape),
    };
  })(x);
}

/** Σ along `axis`, in `outputShape`: without the axis, or with length 1 there. The adjoint of `spread`. */
export function sumAlong(x: Tensor, axis: number, outputShape: number[]): Tensor {
  const {shape} = x;
  return tf.customGrad((t) => ({
    value: tf.reshape(tf.sum(t as Tensor, axis), outputShape),
    gradFunc: (dy: Tensor) => spread(dy, shape, axis),
  }))(x);
}

/** The sum of all elements, a scalar. */
export function total(x: Tensor): Tensor {
  return tf.customGrad((t) => ({
    value: tf.sum(t as Tensor),
    gradFunc: (dy: Tensor) => filled(dy, x.shape),
  }))(x);
}

/** A scalar at each element of that shape. The adjoint of `total`. */
function filled(x: Tensor, shape: number[]): Tensor {
  return tf.customGrad((t) => ({
    value: tf.mul(tf.ones(shape), t as Tensor),
    gradFunc: (dy: Tensor) => total(dy),
  }))(x);
}

/** The row's sum at each of its elements: 1 1ᵗ·x, symmetric. */
export function totals(x: Tensor, axis: number): Tensor {
  if (x.rank === 0) return x;
  return spread(sumAlong(x, axis, reducedShape(x.shape, axis, false)), x.shape, axis);
}

/** The tensor with its axes in another order. */
export function transposed(x: Tensor, order: number[]): Tensor {
  const back = order.map((_, i) => order.indexOf(i));
  return tf.customGrad((t) => ({
    value: tf.transpose(t as Tensor, order),
    gradFunc: (dy: Tensor) => transposed(dy, back),
  }))(x);
}

/** log x + c. */
export function logPlus(x: Tensor, c: number): Tensor {
  return tf.customGrad((t, save) => {
    (save as tf.GradSaveFunc)([t as Tensor]);
    return {
      value: tf.add(tf.log(t as Tensor), c),
      gradFunc: (dy: Tensor, saved: Tensor[]) => multiply(dy, reciprocal(saved[0]!)),
    };
  })(x);
}

/** 1/x. */
function reciprocal(x: Tensor): Tensor {
  return tf.customGrad((t, save) => {
    (save as tf.GradSaveFunc)([t as Tensor]);
    return {
      value: tf.div(1, t as Tensor),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const r = reciprocal(saved[0]!);
        return scaled(multiply(dy, multiply(r, r)), -1);
      },
    };
  })(x);
}
