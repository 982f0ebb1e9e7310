// The loss of class indices and its gradient, with padding that counts for nothing.
//
//     npm install tfjs-softmax @tensorflow/tfjs
//     node loss.mjs
import * as tf from '@tensorflow/tfjs';
import {softmaxCrossEntropy} from 'tfjs-softmax';

const logits = tf.tensor2d([
  [2, 1, -1],
  [0, 3, 0],
  [5, 5, 5],
]);
const classes = tf.tensor1d([0, 1, -1], 'int32'); // -1 is padding
const loss = (x) => softmaxCrossEntropy(classes, x, {ignoreIndex: -1, labelSmoothing: 0.1});
const {value, grad} = tf.valueAndGrad(loss)(logits);
console.log(`loss ${value.dataSync()[0].toFixed(4)}`);
for (const row of grad.arraySync()) console.log(row.map((slope) => slope.toFixed(4)).join(' '));
// loss 0.3886
// -0.1140 0.1131 0.0009
// 0.0060 -0.0119 0.0060
// 0.0000 0.0000 0.0000
