import * as tf from '@tensorflow/tfjs-core';
import {checkGradientsAsync, type Differentiable} from '../../index';
import {Random} from '../cases/random';
import {FAMILY, STOCK} from './ops';
import {PLANTED} from './planted';

/** One check of one function, by its name in `ops.ts` or `planted.ts`. */
export interface Trial {
  kind: 'family' | 'stock' | 'planted';
  name: string;
  seed: number;
}

/** What came of it: the report, and how many tensors were left behind. */
export interface TrialResult {
  ok: boolean;
  text: string;
  left: number;
}

/** Checks at default settings, on the active backend. */
export async function runTrial(trial: Trial): Promise<TrialResult> {
  const {xs, f, order} = subjectOf(trial);
  const before = tf.memory().numTensors;
  const report = await checkGradientsAsync(f, xs, {order, seed: trial.seed, raise: false});
  const left = tf.memory().numTensors - before;
  tf.dispose(xs);
  return {ok: report.ok, text: report.toString(), left};
}

/** Several in turn. */
export async function runTrials(trials: Trial[]): Promise<TrialResult[]> {
  const results: TrialResult[] = [];
  for (const trial of trials) results.push(await runTrial(trial));
  return results;
}

function subjectOf({kind, name, seed}: Trial): {xs: tf.Tensor[]; f: Differentiable; order: number} {
  const random = new Random(seed);
  if (kind === 'planted') {
    const {inputs, f} = PLANTED[name]!;
    return {xs: inputs(random), f: f(random), order: 1};
  }
  const {inputs, f, order} = (kind === 'family' ? FAMILY : STOCK)[name]!;
  return {xs: inputs(random), f, order};
}
