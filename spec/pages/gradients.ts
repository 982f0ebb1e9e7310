/** A page that checks gradients on webgl: of the family, of tfjs's ops, and wrong ones. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {checkGradients} from '../../index';
import {Random} from '../cases/random';
import {FAMILY} from '../gradient_check/ops';
import {runTrial, runTrials} from '../gradient_check/trial';
import {expose} from '../hosts/page';

const functions = {
  async start() {
    tf.env().set('WEBGL_CPU_FORWARD', false);
    tf.env().set('WEBGL_SIZE_UPLOAD_UNIFORM', 0);
    await tf.setBackend('webgl');
  },

  check: runTrial,
  checkEach: runTrials,

  /** The same of an op of the family, reading synchronously. */
  checkAtOnce(name: string) {
    const {inputs, f, order} = FAMILY[name]!;
    const xs = inputs(new Random(1));
    const before = tf.memory().numTensors;
    const report = checkGradients(f, xs, {order, raise: false});
    const left = tf.memory().numTensors - before;
    tf.dispose(xs);
    return {text: report.toString(), ok: report.ok, left};
  },
};
expose(functions);
export type Functions = typeof functions;
