import {losses, Reduction} from '@tensorflow/tfjs-core';
import {lossesAlong} from '../../kernels/attributes';
import {toFloat32} from '../../kernels/input';
import {CROSS_ENTROPY} from '../../kernels/names';
import {runKernel} from '../../kernels/run_op';
import {openScopes} from '../../tfjs/scopes';
import {nativeOpsFor} from '../native_ops';
import {obstacleTo} from '../rehearse';
import type {Route} from '../route';
import {canConvert} from './softmax';

const SCOPE = 'softmaxCrossEntropy__op';

/**
 * tfjs composes the losses of the rows inside one `tf.customGrad`, then weighs and reduces them. That customGrad is known
 * by the scope that it is called in.
 */
export const crossEntropyRoute: Route = {
  op: 'tf.losses.softmaxCrossEntropy',
  // To reduce the losses, tfjs makes a tensor of their number: that would need a backend.
  obstacle: (tfjs) =>
    obstacleTo(tfjs, (stub) => losses.softmaxCrossEntropy(stub, stub, undefined, 0, Reduction.NONE), [
      `${SCOPE}: customGrad`,
    ]),
  customGrad(tfjs, [labels, logits]) {
    // `tf.oneHot` makes labels of int32.
    if (openScopes(tfjs).at(-1)?.name !== SCOPE || !canConvert(labels)) return null;
    if (logits?.dtype !== 'float32' || logits.rank === 0) return null;
    const floats = toFloat32('softmaxCrossEntropy', 'labels', labels);
    const inputs = {logits, labels: floats};
    const native = nativeOpsFor(logits)?.crossEntropy(logits, floats);
    return native ?? runKernel(CROSS_ENTROPY, inputs, lossesAlong(logits.rank - 1));
  },
};
