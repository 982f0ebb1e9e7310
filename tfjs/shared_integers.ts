/**
 * Float32 tensors whose data are integers.
 *
 * tfjs's cast from int32 or bool to float32 may hand on the data as they are and only change the dtype of the tensor. Some
 * backends then reduce, repeat or transpose the integers, wrongly and without a word.
 *
 * Relies on: `engine().state.tensorInfo` has the dtype that the data were made with.
 */
import {customGrad, engine, mul, type Tensor} from '@tensorflow/tfjs-core';

/** Whether a float32 tensor shares the data of the integers or booleans that it was cast from. */
export function sharesIntegers(t: Tensor): boolean {
  return engine().state.tensorInfo.get(t.dataId)?.dtype !== 'float32';
}

/** The float32 tensor, or where its data are integers, a copy of floats. */
export function withoutIntegers(t: Tensor): Tensor {
  if (!sharesIntegers(t)) return t;
  return customGrad((x) => ({value: mul(x as Tensor, 1), gradFunc: (dy: Tensor) => dy}))(t);
}
