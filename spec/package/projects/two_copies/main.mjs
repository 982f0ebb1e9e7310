// The spec puts another copy of tfjs-core beside this file; tfjs-softmax and the backend have the one further up.
import {createRequire} from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as family from 'tfjs-softmax';
import {use} from '../use.mjs';

const theirs = createRequire(import.meta.resolve('tfjs-softmax'))('@tensorflow/tfjs-core');
const result = await use(tf, family, 'cpu');
console.log(JSON.stringify([{...result, copies: theirs.softmax === tf.softmax ? 1 : 2}]));
