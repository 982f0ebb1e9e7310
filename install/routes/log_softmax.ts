import {logSoftmax as stock} from '@tensorflow/tfjs-core';
import {toFloat32} from '../../kernels/input';
import {LOG_SOFTMAX} from '../../kernels/names';
import {runKernel} from '../../kernels/run_op';
import {openScopes} from '../../tfjs/scopes';
import {nativeOpsFor} from '../native_ops';
import {obstacleTo} from '../rehearse';
import type {Route} from '../route';
import {attrsAlong, canConvert} from './softmax';

const SCOPE = 'logSoftmax__op';

/**
 * tfjs composes logSoftmax inside one `tf.customGrad`, along the last axis, and runs no kernel of that name. That
 * customGrad is known by the scope that it is called in.
 */
export const logSoftmaxRoute: Route = {
  op: 'tf.logSoftmax',
  obstacle: (tfjs) => obstacleTo(tfjs, (stub) => stock(stub), [`${SCOPE}: customGrad`]),
  customGrad(tfjs, [logits]) {
    if (openScopes(tfjs).at(-1)?.name !== SCOPE || !canConvert(logits)) return null;
    const x = toFloat32('logSoftmax', 'logits', logits);
    return nativeOpsFor(x)?.logSoftmax(x) ?? runKernel(LOG_SOFTMAX, {logits: x}, attrsAlong(Math.max(x.rank - 1, 0)));
  },
};
