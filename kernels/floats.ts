import {getBackend, type Tensor} from '@tensorflow/tfjs-core';
import {implementationOn} from '../backends/registration';
import {sharesIntegers, withoutIntegers} from '../tfjs/shared_integers';

/** Whether a float32 tensor can be used as it is: see tfjs/shared_integers.ts. */
export function isOfFloats(t: Tensor): boolean {
  return t.dtype === 'float32' && !(implementationOn(getBackend()).castsShareIntegers && sharesIntegers(t));
}

/** The float32 tensor, or where it cannot be used as it is, a copy that can. */
export function floats(t: Tensor): Tensor {
  return implementationOn(getBackend()).castsShareIntegers ? withoutIntegers(t) : t;
}
