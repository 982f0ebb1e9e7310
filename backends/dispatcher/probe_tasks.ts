import type {Task} from './workload';

function softmaxOf(outer: number, n: number): Task {
  return {
    ...{op: 'softmax', shape: [outer, n], axis: 1, weight: 1, residency: null},
    ...{rows: {outer, n, inner: 1}, elements: outer * n},
  };
}

/** What the probe times: all but nothing, for what a call costs, and 1 MiB, for what an element does. */
export const SMALL_PROBE = softmaxOf(1, 4);
export const LARGE_PROBE = softmaxOf(256, 1024);
