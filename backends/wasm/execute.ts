import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {gradientDepth} from '../../tfjs/tape';
import {heapValues} from '../../tfjs/wasm_memory';
import {launchInParts, partsOfTotal, sumOf, WORTH_SHARING_NS} from '../engines/wasm/divide';
import {launch, type Plan} from '../engines/wasm/plan';
import {type Open, pointer} from './access';
import {outputOf} from './output';

/**
 * A softmax that is differentiated leaves its result to a product, which is too short to be shared: that takes longer if half of
 * it lies in another core's cache. Of other forward passes, whose derivatives read the logits, no difference was measured.
 */
const WORTH_SHARING_IN_TRAINING_NS = 2 * WORTH_SHARING_NS;

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
  if (plan.ns < WORTH_SHARING_NS || (plan.ns < WORTH_SHARING_IN_TRAINING_NS && gradientDepth() > 0)) {
    const {out, at} = outputOf(shape, backend);
    launch(plan, access.kernels.call, from, at, a, b);
    return out;
  }
  if (plan.outPerBlock > 0) return executeLarge(plan, shape, 0, access, backend, from, a, b);
  const parts = partsOfTotal(plan);
  if (parts === 1) return executeLarge(plan, shape, parts, access, backend, from, a, b);
  const sums = executeLarge(plan, [parts], parts, access, backend, from, a, b);
  const total = sumOf(heapValues(backend, pointer(sums, backend), parts, 'float32'));
  backend.disposeData(sums.dataId);
  const {out, at} = outputOf(shape, backend);
  heapValues(backend, at, 1, 'float32')[0] = total;
  return out;
}

/** @param parts of a total, of which each is a number of the result; 0 where there is none */
function executeLarge(
  plan: Plan,
  shape: number[],
  parts: number,
  {kernels, pool}: Open,
  backend: BackendWasm,
  x: number,
  second: number,
  third: number,
): TensorInfo {
  let {out, at} = outputOf(shape, backend);
  const isDone = pool.threads?.execute(plan, [x, at, second, third], (floats) => {
    const memory = outputOf([floats], backend);
    return {at: memory.at, free: () => backend.disposeData(memory.out.dataId)};
  });
  if (isDone) return out;
  // The thread that was given up may still write there, so that memory is never freed.
  if (isDone === false) ({out, at} = outputOf(shape, backend));
  if (parts) launchInParts(plan, kernels.call, [x, at, second, third], parts);
  else launch(plan, kernels.call, x, at, second, third);
  return out;
}
