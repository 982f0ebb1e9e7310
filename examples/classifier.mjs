// A classifier, trained and used through tfjs-layers. Nothing in it is changed but the call of install(): stock tfjs runs `Softmax`.
//
//     npm install tfjs-softmax @tensorflow/tfjs
//     node classifier.mjs
import * as tf from '@tensorflow/tfjs';
import {install} from 'tfjs-softmax';

install();
const layer = tf.layers.dense({units: 3, activation: 'softmax', inputShape: [2], kernelInitializer: 'zeros'});
const model = tf.sequential({layers: [layer]});
model.compile({optimizer: tf.train.sgd(0.5), loss: 'categoricalCrossentropy'});
const points = tf.tensor2d([
  [0, 3],
  [3, 0],
  [-3, -3],
]);
await model.fit(points, tf.oneHot([0, 1, 2], 3), {epochs: 10, verbose: 0});

const {kernelNames, result} = await tf.profile(() => model.predict(points));
console.log('classes', result.argMax(-1).arraySync().join(' '));
console.log('kernels', kernelNames.filter((name) => /softmax/i.test(name)).join(' '));
// classes 0 1 2
// kernels softmax
