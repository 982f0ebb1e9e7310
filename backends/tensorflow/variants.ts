import {variantsOnArrays} from '../engines/array_variants';
import type {Trial} from '../engines/types';
import {hasThreads} from '../engines/wasm/shared_staging';
import {planOfTrial} from '../engines/wasm/trials';
import {LARGE} from './facts';

/** What runs a trial: kernels on arrays, or threads. */
export function variantsOf(trial: Trial): string[] {
  const {outer, n, inner} = trial.rows;
  const isLarge = outer * n * inner >= LARGE && hasThreads();
  if (!isLarge || planOfTrial(trial) === null) return variantsOnArrays(trial);
  return [`${'kind' in trial ? trial.kind : trial.op} on several threads`];
}
