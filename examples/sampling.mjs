// The next word of a language model, drawn from its logits. The same seed gives the same draws on every backend.
//
//     npm install tfjs-softmax @tensorflow/tfjs
//     node sampling.mjs
import * as tf from '@tensorflow/tfjs';
import {categorical} from 'tfjs-softmax';

const words = ['whale', 'ship', 'sea', 'captain', 'harpoon'];
const logits = tf.tensor1d([2, 1, 0.5, 0, -3]);

const drawn = categorical(logits, -1, {samples: 1000, temperature: 0.8, topK: 4, seed: 1});
const counts = tf.bincount(drawn, [], words.length).dataSync();
for (const [i, word] of words.entries()) console.log(word, counts[i]);
console.log('likeliest', words[categorical(logits, -1, {temperature: 0}).dataSync()[0]]);
// whale 626
// ship 211
// sea 109
// captain 54
// harpoon 0
// likeliest whale
