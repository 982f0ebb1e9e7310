import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {heapValues} from '../../tfjs/wasm_memory';
import {
  type Division,
  divisionFor,
  divisionOfTotal,
  launchInChunks,
  sumOf,
  WORTH_SHARING_NS,
} from '../engines/wasm/divide';
import {launch, type Plan} from '../engines/wasm/plan';
import {type Open, pointer} from './access';
import {outputOf} from './output';

/** Executes a plan on tensors, by several threads where that is faster. @returns its result, of that shape */
export function execute(
  plan: Plan,
  shape: number[],
  access: Open,
  backend: BackendWasm,
  x: TensorInfo,
  second: TensorInfo | undefined,
  third?: TensorInfo,
): TensorInfo {
  const from = pointer(x, backend);
  const a = second ? pointer(second, backend) : 0;
  const b = third ? pointer(third, backend) : 0;
  if (plan.ns < WORTH_SHARING_NS) {
    const {out, at} = outputOf(shape, backend);
    launch(plan, access.kernels.call, from, at, a, b);
    return out;
  }
  if (plan.outPerBlock > 0) return executeLarge(plan, shape, null, access, backend, from, a, b);
  const parts = divisionOfTotal(plan);
  if (parts.count === 1) return executeLarge(plan, shape, parts, access, backend, from, a, b);
  const sums = executeLarge(plan, [parts.count], parts, access, backend, from, a, b);
  const total = sumOf(heapValues(backend, pointer(sums, backend), parts.count, 'float32'));
  backend.disposeData(sums.dataId);
  const {out, at} = outputOf(shape, backend);
  heapValues(backend, at, 1, 'float32')[0] = total;
  return out;
}

/** @param parts of a total, of which each is a number of the result; null where there is none */
function executeLarge(
  plan: Plan,
  shape: number[],
  parts: Division | null,
  {kernels, pool}: Open,
  backend: BackendWasm,
  x: number,
  second: number,
  third: number,
): TensorInfo {
  let {out, at} = outputOf(shape, backend);
  const {threads} = pool;
  if (threads) {
    const {awake, wake} = threads.helpersFor(plan.ns);
    const division = parts ?? divisionFor(plan, awake + wake + 1);
    if (awake + wake > 0 && division.count > 1) {
      if (threads.run(plan, [x, at, second, third], division, wake)) return out;
      // The thread that was given up may still write there, so that memory is never freed.
      ({out, at} = outputOf(shape, backend));
    }
  }
  if (parts) launchInChunks(plan, kernels.call, [x, at, second, third], parts);
  else launch(plan, kernels.call, x, at, second, third);
  return out;
}
