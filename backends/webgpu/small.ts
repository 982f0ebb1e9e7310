import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';

/**
 * Small tensors that were never uploaded are computed where they are, in JavaScript, as by tfjs's own kernels. tfjs says
 * which, by its flag WEBGPU_CPU_FORWARD and by size. Others are left, with null.
 *
 * @param compute writes the result from the values of the inputs
 */
export function onCpuIfSmall(
  inputs: TensorInfo[],
  outputShape: number[],
  backend: WebGPUBackend,
  compute: (out: Float32Array, ...values: TypedArray[]) => void,
): TensorInfo | null {
  if (!backend.shouldExecuteOnCPU(inputs)) return null;
  const out = new Float32Array(util.sizeFromShape(outputShape));
  compute(out, ...inputs.map(({dataId}) => backend.tensorMap.get(dataId).values as TypedArray));
  return backend.makeTensorInfo(outputShape, 'float32', out);
}

/** float32 values of a tensor, which may share those of the integers that it was cast from. */
export function floats(values: TypedArray): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
