import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {deviceOf} from '../../backends/webgl/device';
import {install, uninstall} from '../../index';
import {expose} from '../../spec/hosts/page';
import {type InTurn, measure, measureInTurn, type Times} from '../drop_in/measure';
import {PROGRAMS} from '../drop_in/programs';

const functions = {
  /** What drop_in/child.ts does in Node. */
  async run({mode, name}: {mode: string; name: string}): Promise<{gpu: string; times: Times | InTurn}> {
    await tf.setBackend('webgl');
    const gpu = deviceOf(tf.backend() as MathBackendWebGL).renderer;
    const program = PROGRAMS[name]!;
    if (mode === 'installed') install();
    const times =
      mode === 'inTurn'
        ? await measureInTurn(program, true, {stock: uninstall, installed: install})
        : await measure(program, true);
    return {gpu, times};
  },
};
expose(functions);
export type Functions = typeof functions;
