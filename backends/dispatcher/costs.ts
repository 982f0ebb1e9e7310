import type {Op} from './ops';

/** What a call of an op costs: fixed + row · rows + element · elements. */
export interface OpCost {
  /** Microseconds. */
  fixed: number;
  /** Nanoseconds a row. */
  row: number;
  /** Nanoseconds an element. */
  element: number;
}

/** Moving values from an array to a backend or back: fixed + element · elements. */
export type MoveCost = Omit<OpCost, 'row'>;

export interface BackendCosts {
  /** Where the figures come from, for people. */
  from: string;
  ops: Record<Op, OpCost>;
  upload: MoveCost;
  download: MoveCost;
  /** Milliseconds that the first call of an op takes beyond others: compiling. */
  firstCall: number;
}

const guess = (fixed: number, row: number, element: number) =>
  Object.fromEntries(
    [
      'softmax',
      'softmin',
      'logSoftmax',
      'logSumExp',
      'softmaxJvp',
      'softmaxVjp',
      'logSoftmaxJvp',
      'logSoftmaxVjp',
      'gradSoftmax',
      'gradLogSoftmax',
      'gradLogSumExp',
    ].map((op) => [op, {fixed, row, element}]),
  ) as Record<Op, OpCost>;
const c = (from: string, fixed: number, row: number, element: number): BackendCosts => ({
  from,
  ops: guess(fixed, row, element),
  upload: {fixed: 1, element: 0.3},
  download: {fixed: 1, element: 0.3},
  firstCall: 3,
});
export const SHIPPED_COSTS = {
  cpu: c('guess', 1, 10, 7),
  wasm: c('guess', 2, 10, 1.5),
  tensorflow: c('guess', 5, 10, 3),
  webgl: c('guess', 300, 0, 0.05),
  'software webgl': c('guess', 1000, 10, 20),
  webgpu: c('guess', 300, 0, 0.05),
  composed: c('guess', 100, 10, 300),
} satisfies Record<string, BackendCosts>;
