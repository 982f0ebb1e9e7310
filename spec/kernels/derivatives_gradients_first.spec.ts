import '@tensorflow/tfjs-layers'; // loads register_all_gradients
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {describeDerivatives} from './derivatives';
import {describeMixedGraphs} from './mixed_graphs';

test("tfjs's own gradients are loaded here", () => {
  for (const kernel of ['Softmax', 'Multiply', 'Sum', 'Identity']) expect(tf.getGradient(kernel)).toBeDefined();
});

describeDerivatives();
describeMixedGraphs();
