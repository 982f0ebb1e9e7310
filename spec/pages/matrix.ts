import * as tf from '@tensorflow/tfjs';
import {install, uninstall} from '../../index';
import {expose} from '../hosts/page';
import {differences} from '../install/ways';

const functions = {
  async differences() {
    await tf.setBackend('webgl');
    install();
    return differences(tf, {install, uninstall});
  },
};
expose(functions);
export type Functions = typeof functions;
