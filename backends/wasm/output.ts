import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {pointer} from './access';

/**
 * A new tensor for a result, and its address.
 *
 * @throws if there is no memory for it: tfjs takes what malloc gives then, 0, for an address, and who wrote there would ruin its heap
 */
export function outputOf(shape: number[], backend: BackendWasm): {out: TensorInfo; at: number} {
  const out = backend.makeOutput(shape, 'float32');
  const at = pointer(out, backend);
  if (at === 0) throw noRoomFor(out, backend);
  return {out, at};
}

/** Disposes of a result at address 0. @returns the error that says so */
export function noRoomFor({dataId, shape}: TensorInfo, backend: BackendWasm): Error {
  backend.disposeData(dataId);
  return new Error(
    `tfjs-softmax: tfjs's wasm memory has no room for a result of shape [${shape}]. Dispose of tensors, or compute it in parts.`,
  );
}

/** The same, which `write` fills. If that throws, nothing is left of it. */
export function withOutput(shape: number[], backend: BackendWasm, write: (out: TensorInfo) => void): TensorInfo {
  const {out} = outputOf(shape, backend);
  try {
    write(out);
    return out;
  } catch (error) {
    backend.disposeData(out.dataId);
    throw error;
  }
}
