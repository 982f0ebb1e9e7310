import * as tf from '@tensorflow/tfjs-core';
import {tfjsPeer} from './tfjs';

/** What users of tfjs call. Its backward pass is there only where tfjs's gradients are loaded. */
export const stock = () =>
  tfjsPeer('stock', {
    softmax: (x) => tf.softmax(x),
    logSoftmax: (x) => tf.logSoftmax(x),
    logSumExp: (x) => tf.logSumExp(x, -1),
    gradSoftmax: (x, v) => tf.grad((t) => tf.softmax(t))(x, v),
    gradLogSoftmax: (x, v) => tf.grad((t) => tf.logSoftmax(t))(x, v),
  });
