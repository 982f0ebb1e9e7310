import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import type {Plan} from '../engines/wasm/plan';
import {runOnThreads} from '../engines/wasm/shared_staging';
import type {Values} from '../engines/wasm/staging';
import {arrayOf, giveBack} from './arrays';
import {LARGE} from './facts';
import {canCopyResults, NATIVE_RESULT, nativeCopyOf, scratchFor, UNALIGNED} from './native_result';
import {makeTensor, type NodeBackend} from './node_backend';

/**
 * One call on typed arrays.
 *
 * @param shape of the result
 * @param inputs the first is x; the arrays are of the types that go with the dtypes
 * @param plan for several threads, which execute it if x is large and there are any
 * @param run writes the result where there are not
 */
export function callOnArrays(
  shape: number[],
  inputs: TensorInfo[],
  backend: NodeBackend,
  plan: () => Plan | null,
  run: (out: Float32Array, x: Float32Array, second: never, third: never) => void,
): TensorInfo {
  const size = util.sizeFromShape(shape);
  const isNative = size >= NATIVE_RESULT && canCopyResults(backend);
  const copies: ArrayBuffer[] = [];
  const values: Values[] = inputs.map((input) => arrayOf(input, backend, copies));
  const [x, second = null, third = null] = values as [Float32Array, ...Values[]];
  const planned = x.length < LARGE ? null : plan();
  const shared = planned && runOnThreads(planned, x, second, third, UNALIGNED);
  let out: Float32Array;
  if (shared) out = isNative ? shared : shared.slice();
  else {
    out = isNative ? scratchFor(size) : new Float32Array(size);
    run(out, x, second as never, third as never);
  }
  giveBack(copies);
  return (isNative ? nativeCopyOf : makeTensor)(out, shape, backend);
}
