import fc from 'fast-check';
import {fuzzProgram} from './program';
import {runProgram, type Stage} from './run_program';
import {LEFT} from './verdict';

/** So many programs from a seed: what came of them. */
export interface Batch {
  programs: number;
  calls: number;
  /** What was found, with how to find it again: seed, path, and the program shrunk. */
  wrong: string[];
  left: string[];
}

/** Runs programs on a stage until one fails, which then is shrunk. */
export async function runBatch(seed: number, programs: number, stage: Stage): Promise<Batch> {
  const batch: Batch = {programs, calls: 0, wrong: [], left: []};
  let isShrinking = false;
  const property = fc.asyncProperty(fuzzProgram, async (steps) => {
    const wrong = await runProgram(steps, stage, (calls) => {
      if (!isShrinking) batch.calls += calls;
    });
    if (!wrong) return;
    isShrinking = true;
    throw new Error(wrong);
  });
  const {failed, numRuns, counterexample, counterexamplePath, errorInstance} = await fc.check(property, {
    seed,
    numRuns: programs,
  });
  batch.programs = numRuns;
  if (failed) {
    const {message} = errorInstance as Error;
    const found = `seed ${seed}, path ${counterexamplePath}: ${message}\n  ${fc.stringify(counterexample?.[0])}`;
    (message.includes(LEFT) ? batch.left : batch.wrong).push(found);
  }
  return batch;
}
