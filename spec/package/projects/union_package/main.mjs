import * as tf from '@tensorflow/tfjs';
import * as family from 'tfjs-softmax';
import {use} from '../use.mjs';

console.log(JSON.stringify([await use(tf, family, 'cpu')]));
