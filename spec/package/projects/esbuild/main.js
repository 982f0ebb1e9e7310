import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as family from 'tfjs-softmax';
import {use} from '../use.mjs';

setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');

async function main() {
  return [await use(tf, family, 'cpu'), await use(tf, family, 'wasm'), await use(tf, family, 'webgl')];
}
globalThis.result = main();
