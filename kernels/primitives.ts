/**
 * The few elementwise and linear operations that derivatives of the family are made of, each with its own derivative.
 *
 * tfjs has ops for them, but their gradients are there only if `register_all_gradients` was loaded, and the family is
 * to be differentiable to any order without. tfjs's kernels do the work. What a derivative has to keep is kept by a
 * kernel's registered gradient: on wasm a customGrad that saves counts as a leak in tfjs's test mode.
 */
import type {NamedAttrMap, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {type Composition, composedKernel, logPlusKernel, scaleRowsKernel} from '../backends/kernel_functions';
import {elementwise, select} from './elementwise';
import {floats} from './floats';
import type {Kernel} from './op';
import {rowsAlong} from './rows';
import {runKernel} from './run_op';

/** An operation whose derivative needs what it was given: a kernel, whose gradient saves that. */
interface Primitive {
  name: string;
  value: Composition;
  /** Its kernel where that is not just the value. */
  on?: Kernel['on'];
  /** The inputs that its derivatives need. */
  saves: string[];
  /** For a cotangent, the derivative in each input that has one. */
  derivatives(dy: Tensor, saved: Tensor[], attrs: NamedAttrMap): Record<string, () => Tensor>;
}

const MULTIPLY: Primitive = {
  name: 'DifferentiableMultiply',
  value: ({a, b}) => elementwise([a!, b!], (u, v) => tf.mul(u!, v!)),
  saves: ['a', 'b'],
  derivatives: (dy, [a, b]) => ({a: () => multiply(dy, b!), b: () => multiply(dy, a!)}),
};

/** a∘b, of one shape. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return runKernel(MULTIPLY.name, {a, b}, {});
}

/** Unlike tfjs's own it saves nothing, of which a part would be left if memory ran out meanwhile. */
const ADD: Primitive = {
  name: 'DifferentiableAdd',
  value: ({a, b}) => elementwise([a!, b!], (u, v) => tf.add(u!, v!)),
  saves: [],
  derivatives: (dy) => ({a: () => passedOn(dy), b: () => passedOn(dy)}),
};

/** a + b, of one shape. */
export function sumOf(a: Tensor, b: Tensor): Tensor {
  return runKernel(ADD.name, {a, b}, {});
}

const SCALE_ROWS: Primitive = {
  name: 'DifferentiableScaleRows',
  value: ({x, g}, {axis}) => {
    const {outer, n, inner} = rowsAlong(x!.shape, axis as number);
    return tf.reshape(tf.mul(tf.reshape(x!, [outer, n, inner]), tf.reshape(g!, [outer, 1, inner])), x!.shape);
  },
  on: (backend) => scaleRowsKernel(SCALE_ROWS.value, backend),
  saves: ['x', 'g'],
  derivatives: (dy, [x, g], {axis}) => ({
    x: () => scaleRows(dy, g!, axis as number),
    g: () => sumAlong(multiply(dy, x!), axis as number, g!.shape),
  }),
};

/** x with each row along `axis` times its number in g, which has the shape of x without that axis, or with length 1 there. */
export function scaleRows(x: Tensor, g: Tensor, axis: number): Tensor {
  return runKernel(SCALE_ROWS.name, {x, g}, {axis});
}

const WHERE_MASK: Primitive = {
  name: 'DifferentiableWhereMask',
  value: ({x, mask}) => select(mask!, x!, 0),
  saves: ['mask'],
  derivatives: (dy, [mask]) => ({x: () => whereMask(dy, mask!)}),
};

/** x where the mask is true, 0 elsewhere, whatever x has there. The mask broadcasts. */
export function whereMask(x: Tensor, mask: Tensor): Tensor {
  return runKernel(WHERE_MASK.name, {x, mask}, {});
}

const LOG_PLUS: Primitive = {
  name: 'DifferentiableLogPlus',
  value: ({x}, {c}) => elementwise([x!], (flat) => tf.add(tf.log(flat), c as number)),
  on: (backend) => logPlusKernel(LOG_PLUS.value, backend),
  saves: ['x'],
  derivatives: (dy, [x]) => ({x: () => multiply(dy, reciprocal(x!, Infinity))}),
};

/** log x + c, with a number c. */
export function logPlus(x: Tensor, c: number): Tensor {
  return runKernel(LOG_PLUS.name, {x}, {c});
}

const RECIPROCAL: Primitive = {
  name: 'DifferentiableReciprocal',
  value: ({x}, {ofZero}) => elementwise([x!], (flat) => (ofZero === 0 ? tf.divNoNan(1, flat) : tf.div(1, flat))),
  saves: ['x'],
  derivatives: (dy, [x], {ofZero}) => ({
    x: () => {
      const r = reciprocal(x!, ofZero as number);
      return scaled(multiply(dy, multiply(r, r)), -1);
    },
  }),
};

/** 1 / x; of 0 Infinity, or if asked for 0. */
export function reciprocal(x: Tensor, ofZero: number): Tensor {
  return runKernel(RECIPROCAL.name, {x}, {ofZero});
}

const MATRIX_PRODUCT: Primitive = {
  name: 'DifferentiableMatMul',
  value: ({a, b}, {transposeA, transposeB}) => {
    const shape = [a!.shape[transposeA ? 1 : 0]!, b!.shape[transposeB ? 0 : 1]!];
    const empty = a!.size === 0 || b!.size === 0;
    return empty ? tf.zeros(shape) : tf.matMul(a!, b!, transposeA as boolean, transposeB as boolean);
  },
  saves: ['a', 'b'],
  derivatives: (dy, [a, b], {transposeA, transposeB}) => ({
    a: () => (transposeA ? matrixProduct(b!, dy, false, true) : matrixProduct(dy, b!, false, !transposeB)),
    b: () => (transposeB ? matrixProduct(dy, a!, true, false) : matrixProduct(a!, dy, !transposeA, false)),
  }),
};

/** The product of two matrices, of which one may be taken transposed; not both. */
export function matrixProduct(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  return runKernel(MATRIX_PRODUCT.name, {a, b}, {transposeA, transposeB});
}

export const PRIMITIVES = [MULTIPLY, ADD, SCALE_ROWS, WHERE_MASK, LOG_PLUS, RECIPROCAL, MATRIX_PRODUCT].map(
  ({name, value, on = () => composedKernel(value), saves, derivatives}): Kernel => ({
    name,
    on,
    gradient: {inputsToSave: saves, gradFunc: (dy, saved, attrs) => derivatives(dy as Tensor, saved, attrs)},
  }),
);

/** The cotangent as it is, as another tensor: the engine disposes of those that it has added up. */
export function passedOn(dy: Tensor): Tensor {
  return tf.cast(dy, 'float32');
}

/** A value that is a constant to gradients: on the tape a node without inputs. */
export function asConstant(value: () => Tensor): Tensor {
  return tf.customGrad(() => ({value: value(), gradFunc: () => []}))();
}

// The rest are linear: their derivatives need nothing that was given, so they are no kernels.

/** c·x, with a number c. */
export function scaled(x: Tensor, c: number): Tensor {
  if (c === 1) return x;
  const times = (t: Tensor) => elementwise([t], (flat) => tf.mul(flat, c));
  return linear(x, x.shape, times, (dy) => scaled(dy, c));
}

/** One number a row laid along the row: from the shape without `axis` (or with length 1 there) to `shape`. */
export function broadcastRows(x: Tensor, shape: number[], axis: number): Tensor {
  const {outer, n, inner} = rowsAlong(shape, axis);
  const repeat = (t: Tensor) => tf.reshape(tf.tile(tf.reshape(t, [outer, 1, inner]), [1, n, 1]), shape);
  return linear(x, shape, repeat, (dy) => sumAlong(dy, axis, x.shape));
}

/**
 * A tensor that broadcasts to that shape, in it. tfjs's own leaves lengths of 1 where 0 is asked for; and from rank 5 on it reads the
 * tensor back on webgpu.
 */
export function broadcastTo(x: Tensor, shape: number[]): Tensor {
  const lengths = [...shape.slice(x.rank).fill(1), ...x.shape];
  let result = x.rank === shape.length ? x : reshaped(x, lengths);
  shape.forEach((length, axis) => {
    if (lengths[axis] === length) return;
    lengths[axis] = length;
    result = broadcastRows(result, [...lengths], axis);
  });
  return result;
}

/** Σ along `axis`, in `outputShape`: without the axis, or with length 1 there. The adjoint of `broadcastRows`. */
export function sumAlong(x: Tensor, axis: number, outputShape: number[]): Tensor {
  const {shape} = x;
  const {outer, n, inner} = rowsAlong(shape, axis);
  const sum = (t: Tensor) => tf.reshape(tf.sum(tf.reshape(t, [outer, n, inner]), 1), outputShape);
  return linear(x, outputShape, sum, (dy) => broadcastRows(dy, shape, axis));
}

/** The sum of all elements, a scalar. */
export function sumAll(x: Tensor): Tensor {
  return linear(
    x,
    [],
    (t) => tf.sum(t),
    (dy) => broadcastScalar(dy, x.shape),
  );
}

/** A scalar at each element of that shape. The adjoint of `sumAll`. */
export function broadcastScalar(x: Tensor, shape: number[]): Tensor {
  const size = tf.util.sizeFromShape(shape);
  return linear(x, shape, (t) => tf.reshape(tf.mul(tf.ones([size]), t), shape), sumAll);
}

/** The tensor in another shape of as many elements. */
export function reshaped(x: Tensor, shape: number[]): Tensor {
  return linear(x, shape, tf.reshape, (dy) => reshaped(dy, x.shape));
}

/** The tensor with its axes in another order. */
export function transposed(x: Tensor, order: number[]): Tensor {
  const shape = order.map((axis) => x.shape[axis]!);
  const back = order.map((_, i) => order.indexOf(i));
  return linear(
    x,
    shape,
    (t) => tf.transpose(t, order),
    (dy) => transposed(dy, back),
  );
}

/**
 * A linear operation, and its adjoint, which is its derivative; or another that is to have such a derivative. Where a tensor has
 * no elements it gives zeros: some of tfjs's kernels on wasm divide by their number.
 */
export function linear(
  x: Tensor,
  shape: number[],
  value: (x: Tensor, shape: number[]) => Tensor,
  adjoint: (dy: Tensor) => Tensor,
): Tensor {
  const isEmpty = x.size === 0 || tf.util.sizeFromShape(shape) === 0;
  return tf.customGrad((t) => ({
    value: isEmpty ? tf.zeros(shape) : value(floats(t as Tensor), shape),
    gradFunc: adjoint,
  }))(x);
}
