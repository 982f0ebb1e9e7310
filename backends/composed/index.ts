import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {maxAlong} from '../../kernels/elementwise';
import {withoutIntegers} from '../../tfjs/shared_integers';
import type {ForwardRequest, ProductRequest, SoftmaxBackend} from '../backend';
import type {Rows} from '../engines/types';
import {checkTrusted} from './trust';

/**
 * The family composed of tfjs ops, for backends that have no kernels here. Each op is as exact as that backend's own exp,
 * log1p and sum, and the rounding of x - m in the exponent adds its own: some 100 ULP for wide rows. What does not
 * depend on them holds as everywhere: special values, any axis, confident maxima (log s is taken by log1p).
 */
export const composedBackend: SoftmaxBackend = {
  // Where exp and log are right; the rounding of x - m stays in the exponent.
  bounds: {softmax: 160, logSoftmax: 160, logSumExp: 1.5, product: 320, rowSum: 2 ** -17},

  forward(request, backend) {
    checkTrusted(backend, forward);
    return forward(request);
  },

  product(request, backend) {
    checkTrusted(backend, forward);
    return product(request);
  },

  castsShareIntegers: true,

  describe: () => 'combined from tfjs ops, as exact as their exp and log: no kernels for this backend yet',
};

function forward({kind, x, rows, scale, outputShape}: ForwardRequest): Tensor {
  return tf.tidy(() => {
    const logits = asRows(x, rows);
    const largest = scale < 0 ? tf.neg(maxAlong(tf.neg(logits), 1)) : maxAlong(logits, 1);
    const shifted = scaledDifference(logits, largest, scale);
    if (kind === 'softmax') {
      const exponentials = tf.exp(shifted);
      return tf.reshape(tf.div(exponentials, tf.sum(exponentials, 1, true)), outputShape);
    }
    const logSum = logOfSum(shifted);
    if (kind === 'logSoftmax') return tf.reshape(tf.sub(shifted, logSum), outputShape);
    const max = times(largest, scale);
    // Where the maximum is infinite it is the result, unless there is a NaN in the row.
    const hasNaN = tf.equal(tf.max(tf.where(tf.isNaN(logits), 1, 0), 1, true), 1);
    const limit = tf.where(hasNaN, tf.fill(max.shape, Number.NaN), max);
    return tf.reshape(tf.where(tf.isInf(max), limit, tf.add(max, logSum)), outputShape);
  });
}

function product({kind, y, v, rows, factor}: ProductRequest): Tensor {
  return tf.tidy(() => {
    const [probabilities, vector] = [asRows(y, rows), asRows(v, rows)];
    const isVjp = kind === 'logSoftmaxVjp';
    const sum = tf.sum(isVjp ? vector : tf.mul(probabilities, vector), 1, true);
    const centred = tf.sub(vector, isVjp ? tf.mul(probabilities, sum) : sum);
    return tf.reshape(times(kind === 'softmaxProduct' ? tf.mul(probabilities, centred) : centred, factor), y.shape);
  });
}

/** scale·(a - b), shifted before it is scaled, and halved meanwhile so that it does not overflow. */
function scaledDifference(a: Tensor, b: Tensor, scale: number): Tensor {
  if (scale === 1) return tf.sub(a, b);
  return times(tf.sub(tf.mul(a, 0.5), tf.mul(b, 0.5)), 2 * scale);
}

/** t·scale, in two steps where a float cannot hold the scale. */
function times(t: Tensor, scale: number): Tensor {
  if (scale === 1) return t;
  const most = 2 ** 126;
  if (Math.abs(scale) <= most) return tf.mul(t, scale);
  return tf.mul(tf.mul(t, most), Math.max(-most, Math.min(scale / most, most)));
}

/** log Σ e^(x-m) from the shifted logits, as log k + log1p(Σ of the rest / k), where k elements are maximal. */
function logOfSum(shifted: Tensor): Tensor {
  const isMax = tf.equal(shifted, 0);
  const count = tf.sum(tf.where(isMax, 1, 0), 1, true);
  const rest = tf.sum(tf.where(isMax, tf.zerosLike(shifted), tf.exp(shifted)), 1, true);
  return tf.add(tf.log(count), tf.log1p(tf.div(rest, count)));
}

/**
 * The tensor as [outer, n, inner], or [outer, n], which TensorFlow broadcasts faster. A kernel's inputs are tensors of the
 * engine, though typed as their infos.
 */
function asRows(tensor: TensorInfo, {outer, n, inner}: Rows): Tensor {
  return tf.reshape(withoutIntegers(tensor as Tensor), inner === 1 ? [outer, n] : [outer, n, inner]);
}
