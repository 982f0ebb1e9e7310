import {type TensorInfo, util} from '@tensorflow/tfjs-core';

/**
 * Backends on the CPU keep the typed array that a tensor is made from. Where the program has transferred its buffer to a
 * thread, they read nothing, without an error.
 *
 * @throws if the values of a tensor are gone
 */
export function checkNotLost(tensor: TensorInfo, values: ArrayLike<unknown>): void {
  if (values.length > 0 || util.sizeFromShape(tensor.shape) === 0) return;
  throw new Error(
    `a tensor of shape [${tensor.shape}] has lost its values: the buffer of the typed array that it was made from was ` +
      'transferred. Make the tensor from a copy, array.slice(), or transfer one.',
  );
}
