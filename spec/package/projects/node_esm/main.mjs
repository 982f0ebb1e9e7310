import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as family from 'tfjs-softmax';
import {use} from '../use.mjs';

console.log(JSON.stringify([await use(tf, family, 'cpu'), await use(tf, family, 'wasm')]));
