import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {describeDerivatives} from './derivatives';

test("tfjs's own gradients are not loaded here", () => {
  for (const kernel of ['Softmax', 'Multiply', 'Sum', 'Identity']) expect(tf.getGradient(kernel)).toBeUndefined();
});

describeDerivatives();
