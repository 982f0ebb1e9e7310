import {engine, type Tensor} from '@tensorflow/tfjs-core';

/**
 * Whether a float32 tensor shares the data of the integers or booleans that it was cast from: tfjs's engine, which does
 * not declare it, notes the type of data where they were made.
 */
export function sharesIntegers(t: Tensor): boolean {
  return engine().state.tensorInfo.get(t.dataId)?.dtype !== 'float32';
}
