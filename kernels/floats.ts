import {customGrad, getBackend, mul, type Tensor} from '@tensorflow/tfjs-core';
import {implementationOn} from '../backends/registry';
import {sharesIntegers} from '../tfjs/shared_integers';

/**
 * Whether a float32 tensor can be used as it is. tfjs's cast may leave integers where they are and only call them floats,
 * and some backends then reduce, repeat and transpose the integers, wrongly and without a word.
 */
export function isOfFloats(t: Tensor): boolean {
  return t.dtype === 'float32' && !(sharesIntegers(t) && implementationOn(getBackend()).castsShareIntegers);
}

/** The float32 tensor, or where it cannot be used as it is, a copy that can. */
export function floats(t: Tensor): Tensor {
  if (isOfFloats(t)) return t;
  return customGrad((x) => ({value: mul(x as Tensor, 1), gradFunc: (dy: Tensor) => dy}))(t);
}
