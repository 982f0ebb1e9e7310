import {SMALLEST_STAGED} from './array_kernels';
import type {Trial} from './types';
import {stagingFailure} from './wasm/staging';
import {kernelsOf, planOfTrial} from './wasm/trials';

/** What array_kernels.ts runs for a trial: staged kernels, or plain TypeScript. */
export function variantsOnArrays(trial: Trial): string[] {
  if (trial.op === 'product' && trial.fromLogits) return []; // softmax, and then the product of probabilities
  const {outer, n, inner} = trial.rows;
  const plan = planOfTrial(trial);
  if (plan && outer * n * inner >= smallestStaged(trial) && stagingFailure() === null) {
    return kernelsOf(plan, trial).map((kernel) => `${kernel}, staged`);
  }
  return [`${nameOf(trial)} in plain TypeScript`];
}

function smallestStaged(trial: Trial): number {
  if (trial.op === 'forward') return SMALLEST_STAGED[trial.masked ? 'masked' : 'forward'];
  return trial.op === 'product' || trial.op === 'loss' || trial.op === 'lossGradient'
    ? SMALLEST_STAGED[trial.op]
    : Number.POSITIVE_INFINITY;
}

function nameOf(trial: Trial): string {
  if (trial.op === 'forward') return trial.masked ? `masked ${trial.kind}` : trial.kind;
  return 'kind' in trial ? trial.kind : trial.op;
}
