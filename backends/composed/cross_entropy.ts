import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {CrossEntropyAttrs} from '../../kernels/attributes';
import {LOG_SOFTMAX, SOFTMAX} from '../../kernels/names';
import {reducedShape} from '../../kernels/rows';
import {constant} from '../../tfjs/constant';
import {withoutIntegers} from '../../tfjs/shared_integers';
import type {CrossEntropyGradientRequest, CrossEntropyRequest} from '../backend';

/**
 * Cross-entropy composed of the family's own kernels on the active backend, for backends that have none of it. As exact
 * as logSoftmax is there: no logarithm is taken of a probability.
 */
export function crossEntropy(request: CrossEntropyRequest): Tensor {
  return tf.tidy(() => {
    const weights = classWeights(request);
    const logProbabilities = forward(LOG_SOFTMAX, request);
    const costs = tf.where(tf.equal(weights, 0), 0, tf.mul(weights, logProbabilities));
    return tf.reshape(tf.sub(0, tf.sum(costs, 1)), request.outputShape);
  });
}

/** Its derivative in the logits. */
export function crossEntropyGradient(request: CrossEntropyGradientRequest): Tensor {
  return tf.tidy(() => {
    const {outer, inner} = request.rows;
    const weights = classWeights(request);
    const probabilities = forward(SOFTMAX, request);
    const slopes = tf.sub(tf.mul(probabilities, tf.sum(weights, 1, true)), weights);
    const cotangent = tf.reshape(withoutIntegers(request.cotangent as Tensor), [outer, 1, inner]);
    return tf.reshape(tf.where(tf.equal(cotangent, 0), 0, tf.mul(slopes, cotangent)), request.x.shape);
  });
}

/** The reduced loss, by the kernel of that name without reduction, for a backend that has no other. */
export function totalOfLosses(name: string, inputs: NamedTensorMap, attrs: CrossEntropyAttrs): Tensor {
  return tf.tidy(() => {
    const losses = tf.engine().runKernel<Tensor>(name, inputs, {...attrs, reduced: false});
    return tf.sum(tf.mul(losses, attrs.factor)); // not the other way round: the sum of the losses might overflow
  });
}

/** Its derivative in the logits, likewise. */
export function gradientOfTotal(name: string, inputs: NamedTensorMap, attrs: CrossEntropyAttrs): Tensor {
  return tf.tidy(() => {
    const rows = reducedShape(inputs.logits!.shape, attrs.axis, false);
    const cotangent = tf.mul(tf.fill(rows, attrs.factor), inputs.cotangent!);
    return tf.engine().runKernel<Tensor>(name, {...inputs, cotangent}, {...attrs, reduced: false});
  });
}

/** q in each row, as [outer, n, inner]: the labels with their smoothing; NaN where an index has no class. */
function classWeights({labels, sparse, smoothing, rows: {outer, n, inner}}: CrossEntropyRequest): Tensor {
  const smooth = (q: Tensor) => (smoothing === 0 ? q : tf.add(tf.mul(q, 1 - smoothing), smoothing / n));
  if (!sparse) return smooth(tf.reshape(withoutIntegers(labels as Tensor), [outer, n, inner]));
  const indices = tf.reshape(labels as Tensor, [outer, 1, inner]);
  const classes = tf.reshape(tf.range(0, n, 1, 'int32'), [1, n, 1]);
  const chosen = tf.where(tf.equal(indices, classes), 1, 0);
  return tf.where(tf.equal(tf.sum(chosen, 1, true), 0), constant(Number.NaN), smooth(chosen));
}

function forward(kernelName: string, {x, rows: {outer, n, inner}}: CrossEntropyRequest): Tensor {
  const logits = tf.reshape(x as Tensor, [outer, n, inner]);
  return tf.engine().runKernel(kernelName, {logits}, {axis: 1, scale: 1, keepDims: false});
}
