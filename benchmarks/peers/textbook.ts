import * as tf from '@tensorflow/tfjs-core';
import {tfjsPeer} from './tfjs';

/** The formulas as people write them with tfjs's ops when they need another axis or a mask: shifted by the maximum. */
export const textbook = () =>
  tfjsPeer('textbook', {
    softmax,
    logSoftmax,
    logSumExp,
    gradSoftmax: (x, v) => tf.grad(softmax)(x, v),
    gradLogSoftmax: (x, v) => tf.grad(logSoftmax)(x, v),
  });

function softmax(x: tf.Tensor): tf.Tensor {
  const e = tf.exp(tf.sub(x, tf.max(x, -1, true)));
  return tf.div(e, tf.sum(e, -1, true));
}

function logSoftmax(x: tf.Tensor): tf.Tensor {
  const shifted = tf.sub(x, tf.max(x, -1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
}

function logSumExp(x: tf.Tensor): tf.Tensor {
  const max = tf.max(x, -1, true);
  return tf.add(tf.log(tf.sum(tf.exp(tf.sub(x, max)), -1)), tf.reshape(max, [-1]));
}
