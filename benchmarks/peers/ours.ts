import * as tf from '@tensorflow/tfjs-core';
import * as family from 'tfjs-softmax';
import {tfjsPeer} from './tfjs';

export const ours = () =>
  tfjsPeer('ours', {
    softmax: (x) => family.softmax(x),
    logSoftmax: (x) => family.logSoftmax(x),
    logSumExp: (x) => family.logSumExp(x),
    gradSoftmax: (x, v) => tf.grad((t) => family.softmax(t))(x, v),
    gradLogSoftmax: (x, v) => tf.grad((t) => family.logSoftmax(t))(x, v),
  });
