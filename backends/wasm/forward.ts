/**
 * The forward pass, with a short cut for what models ask for most: small tensors of the size that the last one had.
 *
 * Until V8 has optimized a function, for which a model has to call it thousands of times, each call of it takes some 0.3 µs
 * (AMD EPYC, Node 20.20.2, 2026-11-27), and softmax of 100 numbers 0.1. So the short cut does in one function what `planForward`,
 * `execute`, `outputOf` and `launch` do in ten.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {forwardOnArrays} from '../engines/array_kernels';
import {WORTH_SHARING_NS} from '../engines/wasm/divide';
import {planForward} from '../engines/wasm/plan';
import {accessTo, valuesOf} from './access';
import {execute} from './execute';
import {noRoomFor, withOutput} from './output';

export function forward({kind, x, rows, scale, mask, outputShape}: ForwardRequest, backend: BackendWasm): TensorInfo {
  const access = accessTo(backend, x);
  const {last} = access;
  if (last !== null && last.kind === kind && mask === null) {
    const {plan, kernel} = last;
    const {outer, n, inner} = plan.rows;
    if (plan.scale === scale && outer === rows.outer && n === rows.n && inner === rows.inner) {
      const {dataIdMap} = backend;
      const from = dataIdMap.get(x.dataId).memoryOffset >>> 0;
      const out = backend.makeOutput(outputShape, 'float32');
      const at = dataIdMap.get(out.dataId).memoryOffset >>> 0;
      if (at === 0) throw noRoomFor(out, backend);
      kernel(from, at, outer, n, inner, scale, 0, 0, 0, 0, 0, 0);
      return out;
    }
  }
  if (access.kernels) {
    const plan = planForward(kind, rows, scale, mask);
    if (!mask && plan.ns < WORTH_SHARING_NS) access.last = {kind, plan, kernel: access.kernels.functions[plan.kernel]};
    return execute(plan, outputShape, access, backend, x, mask?.tensor);
  }
  return withOutput(outputShape, backend, (out) => {
    const flags = mask && valuesOf(mask.tensor, 'bool', backend);
    const [logits, result] = [valuesOf(x, 'float32', backend), valuesOf(out, 'float32', backend)];
    forwardOnArrays(kind, logits, result, rows, scale, mask, flags);
  });
}
