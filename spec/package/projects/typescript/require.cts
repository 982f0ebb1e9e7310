import {softmax} from 'tfjs-softmax';

import tf = require('@tensorflow/tfjs-core');

export const y: tf.Tensor = softmax([1, 2]);
