import {type TensorContainer, tidy} from '@tensorflow/tfjs-core';
import {gradientDepth} from '../tfjs/tape';

/**
 * Runs an op and tidies up after it, unless it leaves nothing: tidying is a sixth of the time of a tiny tensor.
 *
 * What a gradient saves, tfjs records on the tape under the name of the scope, and takes a gradient that is registered under
 * that name for its own. So the scope has no name, and where something is saved that way there is one in any case: tensors
 * that are used in a `tf.tidy('softmax', ...)` would run into the gradient of the kernel.
 */
export function inScope<T extends TensorContainer>(leavesNothing: boolean, op: () => T): T {
  return leavesNothing && gradientDepth() < 2 ? op() : tidy(op);
}
