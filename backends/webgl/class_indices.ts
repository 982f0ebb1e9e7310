import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {DataId, TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {WHOLE_IN_HALF_FLOATS, webglKeepsHalfFloats} from '../../tfjs/half_floats';

/**
 * Class indices for the shaders. tfjs keeps int32 tensors in textures of floats, and where those are half floats they hold
 * whole numbers up to 2,048 only: class 2049 would be class 2048. So indices that are still on the CPU come as two
 * tensors in one, `class / 2048` of all rows and then `class % 2048`; -1 and 0 for what is no class.
 */
export function indicesFor(
  labels: TensorInfo,
  classes: number,
  backend: MathBackendWebGL,
): {tensor: TensorInfo; inHalves: boolean} {
  if (!webglKeepsHalfFloats()) return {tensor: labels, inHalves: false};
  const values = valuesBefore(labels, backend);
  if (values) return {tensor: inHalves(values, classes, backend), inHalves: true};
  if (classes <= WHOLE_IN_HALF_FLOATS) return {tensor: labels, inHalves: false};
  throw new Error(
    `softmaxCrossEntropy: the class indices of ${classes} classes are in a half-float texture (this device has no other), ` +
      'which can only represent 2,048 of them. Pass them as an array, or as a tensor that no other op has used or made.',
  );
}

/** What indices were when they were first used here: an op that uses them next puts them in a texture. */
const seen = new WeakMap<DataId, TypedArray>();

function valuesBefore({dataId}: TensorInfo, backend: MathBackendWebGL): TypedArray | null {
  const {values} = backend.texData.get(dataId);
  if (values) seen.set(dataId, values as TypedArray);
  return (values as TypedArray | null) ?? seen.get(dataId) ?? null;
}

function inHalves(indices: TypedArray, classes: number, backend: MathBackendWebGL): TensorInfo {
  const halves = new Float32Array(2 * indices.length);
  for (const [i, index] of indices.entries()) {
    const isClass = index >= 0 && index < classes;
    halves[i] = isClass ? Math.floor(index / WHOLE_IN_HALF_FLOATS) : -1;
    halves[indices.length + i] = isClass ? index % WHOLE_IN_HALF_FLOATS : 0;
  }
  return backend.makeTensorInfo([halves.length], 'float32', halves);
}
