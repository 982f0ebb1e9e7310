import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as family from 'tfjs-softmax';
import {use} from '../use.mjs';

globalThis.result = use(tf, family, 'cpu').then((result) => [result]);
