import {type Candidate, type Checked, type Contender, UNCHECKED} from './candidate';
import type {Clock} from './clock';
import type {Observed} from './figures';
import {interleave} from './interleave';
import type {Workload} from './workload';

/** What one half of the run leaves for the other, by contender. */
export type CaseState = Map<string, Observed>;

/**
 * One half of the rounds of a case. In the first half each candidate is checked before it may be timed; who fails that
 * is marked and left out from there on.
 */
export async function runHalf(
  half: 0 | 1,
  state: CaseState,
  workload: Workload,
  contenders: Contender[],
  seconds: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const ready: {candidate: Candidate; observed: Observed}[] = [];
  try {
    for (const contender of contenders) {
      if (signal?.aborted) return;
      const observed = observationOf(contender, state);
      if (observed.fault) continue;
      try {
        ready.push({candidate: await contender.enter(workload), observed});
      } catch (error) {
        observed.fault = {mark: 'failed', reason: String(error)};
      }
    }
    for (const {candidate, observed} of half === 0 ? ready : []) {
      if (signal?.aborted) return;
      Object.assign(observed, await candidate.check());
      await clock.breathe();
    }
    const sound = ready.filter(({observed}) => !observed.fault);
    if (sound.length === 0) return;
    const series = await interleave(
      sound.map(({candidate}) => candidate),
      seconds,
      clock,
      signal,
    );
    for (const [i, {observed}] of sound.entries()) {
      observed.fault = series[i]!.fault;
      observed.halves[half] = series[i]!.rounds;
    }
  } finally {
    for (const {candidate} of ready) await candidate.dispose();
  }
}

function observationOf({name}: Contender, state: CaseState): Observed {
  let found = state.get(name);
  if (!found) {
    const checked: Checked = UNCHECKED;
    found = {peer: name, ...checked, halves: [[], []]};
    state.set(name, found);
  }
  return found;
}
