import * as tf from '@tensorflow/tfjs-core';
import {Tensor, util} from '@tensorflow/tfjs-core';
import {constant} from '../tfjs/constant';
import {keepsHalfFloats, WHOLE_IN_HALF_FLOATS} from '../tfjs/half_floats';
import {mustBe} from './check';
import {floats} from './floats';
import {checkTensor, type Input, toFloat32, toValues} from './input';
import {broadcastsTo} from './mask';
import {broadcastTo, multiply, reshaped} from './primitives';
import {reducedShape} from './rows';

/** The labels of rows of logits. */
export interface Labels {
  /** float32 of the shape of the logits, or if sparse, int32 with one class index a row. */
  tensor: Tensor;
  sparse: boolean;
  /** The axis of the logits that has the classes, and how many. */
  axis: number;
  classes: number;
  /** The shape of the logits without that axis. */
  rows: number[];
}

/** @throws if the labels have neither the shape of the logits nor that of their rows, or indices are not int32 */
export function toLabels(op: string, labels: Input, shape: number[], axis: number): Labels {
  const rows = reducedShape(shape, axis, false);
  const isTensor = labels instanceof Tensor;
  const given = isTensor ? labels : toValues(op, 'labels', labels, Float64Array);
  if (isTensor) checkTensor(op, 'labels', labels);
  const sparse = shape.length === 0 || !util.arraysEqual(given.shape, shape);
  if (sparse && (shape.length === 0 || !util.arraysEqual(given.shape, rows))) {
    throw new Error(
      `${op}: labels have shape [${given.shape}] and logits have shape [${shape}]. Allowed are [${shape}] for ` +
        `distributions and [${rows}] for class indices; the logits must have an axis of classes.`,
    );
  }
  const tensor = sparse ? toIndices(op, given) : toDistributions(op, given);
  return {tensor, sparse, axis, classes: shape[axis] ?? 0, rows};
}

interface Values {
  shape: number[];
  values: Float64Array;
}

function toDistributions(op: string, given: Tensor | Values): Tensor {
  if ('dtype' in given) return toFloat32(op, 'labels', given);
  return tf.tensor(Float32Array.from(given.values), given.shape);
}

function toIndices(op: string, given: Tensor | Values): Tensor {
  if ('dtype' in given) {
    if (given.dtype === 'int32') return given;
    throw new Error(
      `${op}: class indices have dtype ${given.dtype}. They must be int32: use tf.cast(labels, 'int32').`,
    );
  }
  const wrong = given.values.find((index) => !isInt32(index));
  if (wrong === undefined) return tf.tensor(Int32Array.from(given.values), given.shape, 'int32');
  throw new Error(`${op}: labels hold the class index ${wrong}. They must be 32-bit integers.`);
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && value === (value | 0);
}

/** Which rows have another class index than the ignored one; null if none is ignored. */
export function keptRows(op: string, {tensor, sparse}: Labels, ignoreIndex: number | null): Tensor | null {
  if (ignoreIndex === null) return null;
  if (!isInt32(ignoreIndex)) throw mustBe(op, 'ignoreIndex', 'a 32-bit integer', ignoreIndex);
  if (sparse) {
    if (Math.abs(ignoreIndex) >= WHOLE_IN_HALF_FLOATS) checkWholeNumbers(op, `an ignoreIndex of ${ignoreIndex}`);
    return tf.notEqual(tensor, tf.scalar(ignoreIndex, 'int32'));
  }
  throw new Error(`${op}: ignoreIndex is for class indices, but the labels are distributions. Use weights of 0.`);
}

/** @throws where tfjs would look such numbers up, or compare them, in tensors that do not hold them */
function checkWholeNumbers(op: string, what: string): void {
  if (!keepsHalfFloats()) return;
  throw new Error(
    `${op}: ${what} would be rounded here: webgl keeps tensors in half floats on this device, which hold whole numbers up to ` +
      `2,048. Use weights, one per row, instead.`,
  );
}

/**
 * What each row counts in a mean, or null for 1 throughout: its weight, times that of its class where it has one. A row with a
 * distribution counts the same whatever its classes weigh, as in PyTorch.
 */
export function rowWeights(
  op: string,
  labels: Labels,
  kept: Tensor | null,
  {weights, classWeights}: {weights?: Input | null; classWeights?: Input | null},
): Tensor | null {
  const factors: Tensor[] = [];
  if (weights != null) factors.push(broadcast(op, 'weights', weights, labels.rows));
  if (classWeights != null && labels.sparse) {
    factors.push(weightsOfIndices(toClassWeights(op, classWeights, labels), labels, kept));
  }
  if (kept) factors.push(floats(tf.cast(kept, 'float32')));
  // Of one shape: tfjs's multiplication of a tensor of rank 5 or 6 by a vector does not compile on webgpu.
  return factors.length > 0 ? factors.reduce((a, b) => multiply(a, b)) : null;
}

/** @returns one weight a class, as a vector */
export function toClassWeights(op: string, classWeights: Input, {classes, sparse}: Labels): Tensor {
  if (sparse && classes > WHOLE_IN_HALF_FLOATS) checkWholeNumbers(op, `classWeights of ${classes} class indices`);
  return broadcast(op, 'classWeights', classWeights, [classes]);
}

/** One weight a class, laid along the axis of the classes of a tensor of that shape. */
export function spreadOverRows(perClass: Tensor, {axis, classes}: Labels, shape: number[]): Tensor {
  const along = shape.map((_, i) => (i === axis ? classes : 1));
  return broadcastTo(reshaped(perClass, along), shape);
}

/**
 * Numbers that broadcast to that shape, as a float32 tensor of it.
 * @throws if they do not
 */
export function broadcast(op: string, name: string, value: Input, shape: number[]): Tensor {
  const t = toFloat32(op, name, value);
  if (broadcastsTo(t.shape, shape)) return broadcastTo(t, shape);
  throw new Error(`${op}: ${name} has shape [${t.shape}]. It must broadcast to [${shape}].`);
}

/**
 * The weight of each row's class; NaN for an index that is no class. tfjs's gather would throw there on cpu, and read what lies
 * elsewhere on wasm.
 *
 * @param kept rows that are not ignored; that of any other is the weight of some class
 */
export function weightsOfIndices(perClass: Tensor, {tensor, classes}: Labels, kept: Tensor | null): Tensor {
  if (classes === 0 || tensor.size === 0) return tf.zeros(tensor.shape);
  const indices = kept ? tf.mul(tensor, tf.cast(kept, 'int32')) : tensor;
  const flat = tf.reshape(indices, [indices.size]); // webgl has no where beyond rank 4
  const isClass = tf.logicalAnd(tf.greaterEqual(flat, 0), tf.less(flat, classes));
  const weights = tf.gather(perClass, tf.where(isClass, flat, tf.zerosLike(flat)));
  return tf.reshape(tf.where(isClass, weights, constant(Number.NaN)), indices.shape);
}
