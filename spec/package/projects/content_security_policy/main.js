import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as family from 'tfjs-softmax';
import {use} from '../use.mjs';

setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');

async function main() {
  const cpu = await use(tf, family, 'cpu');
  return location.search === '?wasm' ? [cpu, await use(tf, family, 'wasm')] : [cpu];
}
globalThis.result = main();
