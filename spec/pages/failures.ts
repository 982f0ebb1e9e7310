/** A page in which everything that the ops ask of webgl is made to fail once. */
import * as tf from '@tensorflow/tfjs-core';
import {failureTable} from '../hosts/failure_table';
import {expose} from '../hosts/page';

const functions = {
  async start(flags: Record<string, boolean | number>): Promise<void> {
    tf.env().setFlags({...flags, IS_TEST: true});
    await tf.setBackend('webgl');
  },
  /** @param compiling whether programs are compiled anew for each failure */
  table({actions, compiling}: {actions: string[]; compiling: boolean}) {
    return failureTable(() => {
      if (compiling) Object.assign(tf.backend(), {binaryCache: {}});
    }, actions);
  },
};
expose(functions);
export type Functions = typeof functions;
