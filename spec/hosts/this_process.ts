import * as tf from '@tensorflow/tfjs-core';
import {runCase} from '../fuzz/run';
import {type Host, runCall} from './call';

/** A backend in this process. */
export async function thisProcess(backend: string): Promise<Host> {
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs's backend ${backend} does not start in this process`);
  return {name: `${backend} in Node ${process.version}`, run: runCall, runCase};
}
