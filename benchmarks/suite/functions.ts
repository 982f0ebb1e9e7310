import {realClock} from './clock';
import {interleave} from './interleave';
import {type Summary, summary} from './statistics';

/** Times plain functions beside each other, with nothing to check: milliseconds a call. */
export async function timeFunctions(functions: (() => void)[], seconds: number): Promise<Summary[]> {
  const clock = realClock();
  const candidates = functions.map((run) => ({
    queued: false,
    async sample(calls: number) {
      const start = clock.now();
      for (let i = 0; i < calls; i++) run();
      return {ms: (clock.now() - start) / calls, fault: null};
    },
  }));
  const series = await interleave(candidates, seconds, clock);
  return series.map(({rounds}) => summary(rounds.filter(Number.isFinite)));
}
