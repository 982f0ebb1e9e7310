// A check of gradients, of any function of tensors: tfjs's own logSoftmax has no second derivative.
//
//     npm install tfjs-softmax @tensorflow/tfjs
//     node gradient_check.mjs
import * as tf from '@tensorflow/tfjs';
import {checkGradients, logSoftmax} from 'tfjs-softmax';

const x = tf.tensor1d([0.3, -1, 2]);
const {checks} = checkGradients((t) => logSoftmax(t).square(), x, {order: 2});
for (const {order, verdict} of checks) console.log(`order ${order}: ${verdict}`);

const stock = checkGradients((t) => tf.logSoftmax(t).square(), x, {order: 2, raise: false});
for (const {order, verdict} of stock.checks) console.log(`order ${order}: ${verdict}, stock`);
// order 1: agrees
// order 2: agrees
// order 1: agrees, stock
// order 2: differs, stock
