// Causal attention. Scale and mask are part of the kernel, and what the mask takes out is exactly 0.
//
//     npm install tfjs-softmax @tensorflow/tfjs
//     node attention.mjs
import * as tf from '@tensorflow/tfjs';
import {softmax} from 'tfjs-softmax';

const [length, width] = [4, 8];
const [queries, keys, values] = [1, 2, 3].map((seed) => tf.randomNormal([length, width], 0, 1, 'float32', seed));
const causal = tf.linalg.bandPart(tf.ones([length, length]), -1, 0).cast('bool'); // true on and below the diagonal

const scores = tf.matMul(queries, keys, false, true);
const attention = softmax(scores, -1, {scale: 1 / Math.sqrt(width), mask: causal});
const attended = tf.matMul(attention, values);
for (const row of attention.arraySync()) console.log(row.map((weight) => weight.toFixed(2)).join(' '));
console.log(`${attended.shape}`);
// 1.00 0.00 0.00 0.00
// 0.89 0.11 0.00 0.00
// 0.09 0.29 0.62 0.00
// 0.15 0.32 0.47 0.06
// 4,8
