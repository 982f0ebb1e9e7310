import {realClock} from './clock';
import {interleave} from './interleave';
import type {Runner} from './peer';
import {type Summary, summary} from './statistics';

/** Times plain functions beside each other, with nothing to check: milliseconds a call. */
export async function timeFunctions(functions: (() => void)[], seconds: number): Promise<Summary[]> {
  const candidates = functions.map((run) => ({runner: bare(run), fingerprint: null}));
  const series = await interleave(candidates, seconds, realClock());
  return series.map(({rounds, fault}) => {
    if (fault) throw new Error(fault.reason);
    return summary(rounds.filter(Number.isFinite));
  });
}

function bare(run: () => void): Runner<void> {
  return {
    queued: false,
    run,
    peek: () => Number.NaN,
    read: () => new Float32Array(0),
    storage: () => null,
    release: () => {},
    dispose: () => {},
  };
}
