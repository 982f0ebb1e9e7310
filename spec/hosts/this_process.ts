import * as tf from '@tensorflow/tfjs-core';
import {type Host, runCall} from './call';

/** A backend in this process. tfjs's own test mode is on: it throws on kernels that leak data. */
export async function thisProcess(backend: string): Promise<Host> {
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs's backend ${backend} does not start in this process`);
  tf.env().set('IS_TEST', true);
  return {name: `${backend} in Node ${process.version}`, run: runCall};
}
