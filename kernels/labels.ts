import * as tf from '@tensorflow/tfjs-core';
import {Tensor, type TensorLike} from '@tensorflow/tfjs-core';
import {checkTensor, type Input, toFloat32, toTensor} from './input';
import {broadcastsTo} from './mask';
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
  const about = {axis, classes: shape[axis] ?? 0, rows};
  const isTensor = labels instanceof Tensor;
  const t = isTensor ? labels : toTensor(op, 'labels', labels as TensorLike);
  checkTensor(op, 'labels', t);
  if (shape.length > 0 && tf.util.arraysEqual(t.shape, shape)) {
    return {...about, tensor: toFloat32(op, 'labels', t), sparse: false};
  }
  if (shape.length === 0 || !tf.util.arraysEqual(t.shape, rows)) {
    throw new Error(
      `${op}: labels have shape [${t.shape}] and logits have shape [${shape}]. Allowed are [${shape}], distributions, ` +
        `and [${rows}], class indices; the logits must have an axis of classes.`,
    );
  }
  if (isTensor && t.dtype !== 'int32') {
    throw new Error(`${op}: class indices have dtype ${t.dtype}. They must be int32: see tf.cast(labels, 'int32').`);
  }
  return {...about, tensor: isTensor ? t : tf.cast(t, 'int32'), sparse: true};
}

/** Which rows have another class index than the ignored one; null if none is ignored. */
export function keptRows(op: string, {tensor, sparse}: Labels, ignoreIndex: number | null): Tensor | null {
  if (ignoreIndex === null) return null;
  if (!Number.isInteger(ignoreIndex)) throw new Error(`${op}: ignoreIndex must be an integer, but got ${ignoreIndex}.`);
  if (sparse) return tf.notEqual(tensor, tf.scalar(ignoreIndex, 'int32'));
  throw new Error(`${op}: ignoreIndex is for class indices, but the labels are distributions. Use weights of 0.`);
}

/** What each row weighs, or null for 1 throughout. */
export function rowWeights(
  op: string,
  labels: Labels,
  kept: Tensor | null,
  {weights, classWeights}: {weights?: Input | null; classWeights?: Input | null},
): Tensor | null {
  const factors: Tensor[] = [];
  if (weights != null) factors.push(checked(op, 'weights', weights, labels.rows));
  if (classWeights != null) {
    factors.push(weightsOfClasses(checked(op, 'classWeights', classWeights, [labels.classes]), labels, kept));
  }
  if (kept) factors.push(tf.cast(kept, 'float32'));
  if (factors.length === 0) return null;
  const product = factors.reduce((a, b) => tf.mul(a, b));
  return tf.broadcastTo(product, labels.rows);
}

function checked(op: string, name: string, value: Input, shape: number[]): Tensor {
  const t = toFloat32(op, name, value);
  if (broadcastsTo(t.shape, shape)) return t;
  throw new Error(`${op}: ${name} has shape [${t.shape}]. It must broadcast to [${shape}].`);
}

/** The weight of each row's class, or Σ label·weight. */
function weightsOfClasses(given: Tensor, {tensor, sparse, axis, classes}: Labels, kept: Tensor | null): Tensor {
  const perClass = tf.broadcastTo(given, [classes]);
  if (sparse) return tf.gather(perClass, kept ? tf.mul(tensor, tf.cast(kept, 'int32')) : tensor);
  const along = tensor.shape.map((_, i) => (i === axis ? classes : 1));
  return tf.sum(tf.mul(tensor, tf.reshape(perClass, along)), axis);
}
