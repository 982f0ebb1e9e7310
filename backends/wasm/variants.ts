import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import {variantsOnArrays} from '../engines/array_variants';
import type {Trial} from '../engines/types';
import {kernelsOf, planOfTrial} from '../engines/wasm/trials';
import {runsInPlace} from './access';

/** The kernels that a trial runs in place on tfjs's memory, or else on arrays. */
export function variantsOf(trial: Trial, backend: BackendWasm): string[] {
  if (!runsInPlace(backend)) return variantsOnArrays(trial);
  const plan = planOfTrial(trial);
  return plan ? kernelsOf(plan, trial) : [];
}
