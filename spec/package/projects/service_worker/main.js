import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as family from 'tfjs-softmax';
import {use} from '../use.mjs';

globalThis.onmessage = async ({source}) => source.postMessage([await use(tf, family, 'cpu')]);
