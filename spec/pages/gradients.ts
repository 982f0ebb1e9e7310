/** A page that checks gradients on webgl: of the family, and of some of tfjs's ops. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {checkGradients, checkGradientsAsync} from '../../index';
import {Random} from '../cases/random';
import {FAMILY, STOCK} from '../gradient_check/ops';
import {expose} from '../hosts/page';

const functions = {
  async start() {
    tf.env().set('WEBGL_CPU_FORWARD', false);
    tf.env().set('WEBGL_SIZE_UPLOAD_UNIFORM', 0);
    await tf.setBackend('webgl');
  },

  /** The report, and how many tensors the check has left behind. */
  async check({name, stock, sync}: {name: string; stock: boolean; sync: boolean}) {
    const {inputs, f, order} = (stock ? STOCK : FAMILY)[name]!;
    const xs = inputs(new Random(1));
    const before = tf.memory().numTensors;
    const settings = {order, raise: false};
    const report = sync ? checkGradients(f, xs, settings) : await checkGradientsAsync(f, xs, settings);
    const left = tf.memory().numTensors - before;
    tf.dispose(xs);
    return {text: report.toString(), ok: report.ok, left};
  },
};
expose(functions);
export type Functions = typeof functions;
