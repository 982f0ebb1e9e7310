import {maskRuns} from '../mask_runs';
import type {Trial} from '../types';
import {type Plan, planForward, planLoss, planLossGradient, planProduct, planProductOfLogits} from './plan';

/** The plan of a trial; null if it runs none. */
export function planOfTrial(trial: Trial): Plan | null {
  const {rows} = trial;
  switch (trial.op) {
    case 'forward': {
      const shape = [rows.outer, rows.n, rows.inner];
      return planForward(trial.kind, rows, trial.scale, trial.masked ? maskRuns(shape, shape, 1) : null);
    }
    case 'product': {
      if (!trial.fromLogits) return planProduct(trial.kind, rows, 1);
      return planProductOfLogits(trial.kind, rows, trial.scale, trial.scale);
    }
    case 'loss':
      return planLoss(trial.loss);
    case 'lossGradient':
      return planLossGradient(trial.loss);
    default:
      return null;
  }
}

/** The names of the kernels that a plan runs for a trial; those of losses do something else for each sort of labels. */
export function kernelsOf({kernel, softmax}: Plan, trial: Trial): string[] {
  if (trial.op !== 'loss' && trial.op !== 'lossGradient') return [kernel];
  const labelled = `${kernel} of ${trial.loss.sparse ? 'classes' : 'distributions'}`;
  return softmax === null ? [labelled] : [softmax, labelled];
}
