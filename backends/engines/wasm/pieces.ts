/**
 * Few long rows on more threads than that: each row is cut into pieces, and all threads go through it step by step.
 * assembly/shared_rows.ts has the steps. For whole rows the kernels sum the same pieces in the same order: the bits are the same.
 */
import {maskAt} from '../mask_runs';
import type {Addresses} from './divide';
import type {KernelName, Plan} from './plan';

/** Elements of a piece; the last one has up to three more, or fewer. */
const PIECE = 4096;
/** Floats that the steps store about each piece. */
export const SLOT = 8;

/** The numbers of the steps in assembly/shared_rows.ts, and about what part of the time each takes. */
type Step = readonly [number: number, part: number];
const EXTREMES: Step = [0, 0.15];
/** The end of logSumExp is one call. */
const LOG_SUM_EXP: Step = [5, 0];
const SOFTMAX: readonly Step[] = [EXTREMES, [1, 0.65], [3, 0.2]];
const LOG_SOFTMAX: readonly Step[] = [EXTREMES, [2, 0.65], [4, 0.2]];
const ONLY_LOG_SUM_EXP: readonly Step[] = [EXTREMES, [2, 0.85], LOG_SUM_EXP];
const STEPS: {[kernel in KernelName]?: readonly Step[]} = {
  softmaxLongRows: SOFTMAX,
  softmaxMaskedRows: SOFTMAX,
  logSoftmaxLongRows: LOG_SOFTMAX,
  logSoftmaxMaskedRows: LOG_SOFTMAX,
  logSumExpLongRows: ONLY_LOG_SUM_EXP,
  logSumExpMaskedRows: ONLY_LOG_SUM_EXP,
  logSoftmaxGradientLongRows: [EXTREMES, [1, 0.65], [6, 0.2]],
};
/** Added to the number of a step if the row has a mask. */
const WITH_MASK = 8;

/** Shorter rows are not cut, in nanoseconds: to meet after each step would take too much of the time. */
const WORTH_CUTTING_NS = 40_000;

/** How many pieces each row is cut into for so many threads; 0 if threads take whole rows. */
export function piecesFor({kernel, rows: {outer, n, inner}, mask, ns}: Plan, threads: number): number {
  const isCut = STEPS[kernel] && inner === 1 && mask?.step !== 0 && outer < threads && ns >= outer * WORTH_CUTTING_NS;
  return isCut ? Math.floor((n - 4) / PIECE) + 1 : 0;
}

/**
 * The steps of one row of a plan, each a plan whose rows are the pieces.
 *
 * @param count of pieces
 * @param end address where the row ends
 * @param slots address of `SLOT` floats for each piece, the third address of these plans
 */
export function stepsOf(plan: Plan, count: number, end: number, slots: number): Plan[] {
  return STEPS[plan.kernel]!.map((step) => ({
    ...plan,
    kernel: 'piecesOfLongRows',
    mask: null,
    rows: {outer: step === LOG_SUM_EXP ? 1 : count, n: PIECE, inner: 1},
    rest: [step[0] + (plan.mask ? WITH_MASK : 0), slots, count, end],
    secondPerBlock: plan.mask ? 0 : PIECE,
    thirdPerBlock: SLOT,
    outPerBlock: PIECE,
    ns: (step[1] * plan.ns) / plan.rows.outer,
  }));
}

/** Where a row of a plan has its parts; of a mask, its end. */
export function addressesOfRow(
  {rows: {n}, mask, outPerBlock}: Plan,
  [x, out, second]: Addresses,
  row: number,
): Addresses {
  const ofSecond = mask ? second + maskAt(mask.outer, row) + n : second && second + 4 * n * row;
  return [x + 4 * n * row, out + 4 * outPerBlock * row, ofSecond, 0];
}
