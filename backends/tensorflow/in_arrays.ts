import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {arraysOf, type Values} from './arrays';
import {isLarge} from './in_parts';
import {canCopyResults, NATIVE_RESULT, resultOf, scratchFor} from './native_result';
import {makeTensor, type NodeBackend} from './node_backend';

/** Computes a tensor of this shape from others, as typed arrays: the way of all tensors but large ones. */
export function inArrays(
  inputs: TensorInfo[],
  shape: number[],
  backend: NodeBackend,
  compute: (values: Values[], out: Float32Array) => void,
): TensorInfo {
  const size = util.sizeFromShape(shape);
  const isCopied = size >= NATIVE_RESULT && !isLarge(shape) && canCopyResults(backend);
  const {values, giveBack} = arraysOf(inputs, backend);
  try {
    const out = isCopied ? scratchFor(size) : new Float32Array(size);
    compute(values, out);
    return isCopied ? resultOf(out, shape, backend) : makeTensor(out, shape, backend);
  } finally {
    giveBack();
  }
}
