import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {install} from '../../index';
import {recordKernels} from '../hosts/kernels';

test('install() before a backend has started routes all, and starts none', async () => {
  expect(tf.engine().registry).toEqual({});
  expect(install()).toEqual({
    routed: ['tf.softmax', 'tf.logSoftmax', 'tf.logSumExp', 'tf.losses.softmaxCrossEntropy'],
    notRouted: [],
  });
  expect(tf.engine().registry).toEqual({});
  expect(tf.getBackend()).toBeFalsy();

  await tf.setBackend('wasm');
  const {kernels} = recordKernels(() => tf.losses.softmaxCrossEntropy(tf.tensor2d([[0, 1]]), tf.tensor2d([[3, 4]])));
  expect(kernels).toEqual(['crossEntropy']);
});
