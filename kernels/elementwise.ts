import {reshape, type Tensor} from '@tensorflow/tfjs-core';

/** As many dimensions as tfjs's binary kernels take. Given more, webgl's throw, and wasm's leave what was in the memory. */
const HIGHEST_RANK = 6;

/** An operation on each element of tensors of one shape, of any rank. */
export function elementwise(tensors: Tensor[], operation: (...flat: Tensor[]) => Tensor): Tensor {
  const {rank, shape, size} = tensors[0]!;
  const flat = rank > HIGHEST_RANK ? tensors.map((t) => reshape(t, [size])) : tensors;
  const result = operation(...flat);
  return flat === tensors ? result : reshape(result, shape);
}
