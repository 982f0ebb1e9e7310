import {check} from './check';
import type {Clock} from './clock';
import type {Observed} from './figures';
import {fingerprint} from './fingerprint';
import {type Fingerprint, interleave} from './interleave';
import type {Peer, Runner} from './peer';
import {expected, type Workload} from './workload';

/** What one half of the run leaves for the other. */
export interface CaseState {
  observed: Map<string, Observed>;
  fingerprint: Fingerprint | null;
}

export function newCase(): CaseState {
  return {observed: new Map(), fingerprint: null};
}

/**
 * One half of the rounds of a case. In the first half each candidate is checked before it may be timed; who fails that
 * is marked and left out from there on.
 */
export async function runHalf(
  half: 0 | 1,
  state: CaseState,
  workload: Workload,
  peers: Peer[],
  seconds: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const ready: {peer: Peer; runner: Runner; observed: Observed}[] = [];
  try {
    for (const peer of peers) {
      if (signal?.aborted) return;
      const observed = observationOf(peer, state);
      if (observed.fault) continue;
      const runner = await prepared(peer, workload, observed);
      if (runner) ready.push({peer, runner, observed});
    }
    if (half === 0) await checkAll(ready, state, workload, clock, signal);
    const sound = ready.filter(({observed}) => !observed.fault);
    if (sound.length === 0) return;
    const candidates = sound.map(({peer, runner}) => ({
      runner,
      fingerprint: peer.name === 'copy' ? null : state.fingerprint,
    }));
    const series = await interleave(candidates, seconds, clock, signal);
    for (const [i, {observed}] of sound.entries()) {
      observed.fault = series[i]!.fault;
      observed.halves[half] = series[i]!.rounds;
    }
  } finally {
    for (const {runner} of ready) runner.dispose();
  }
}

function observationOf({name}: Peer, {observed}: CaseState): Observed {
  let found = observed.get(name);
  if (!found) {
    found = {peer: name, fault: null, ulp: null, firstCallMs: null, draws: null, halves: [[], []]};
    observed.set(name, found);
  }
  return found;
}

async function prepared(peer: Peer, workload: Workload, observed: Observed): Promise<Runner | null> {
  try {
    return await peer.prepare(workload);
  } catch (error) {
    observed.fault = {mark: 'failed', reason: String(error)};
    return null;
  }
}

async function checkAll(
  ready: {peer: Peer; runner: Runner; observed: Observed}[],
  state: CaseState,
  workload: Workload,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const right = [expected(workload, 0), expected(workload, 1)] as const;
  state.fingerprint = fingerprint([...right]);
  for (const {peer, runner, observed} of ready) {
    if (signal?.aborted) return;
    try {
      observed.firstCallMs = await firstCall(runner, clock);
      if (peer.name !== 'copy') {
        const verdict = await check(runner, [...right], peer);
        observed.fault = verdict.fault;
        observed.ulp = verdict.fault ? null : verdict.ulp;
      }
      if (runner.draws) observed.draws = await drawsOf(runner, runner.draws);
    } catch (error) {
      observed.fault = {mark: 'failed', reason: String(error)};
    }
    await clock.breathe();
  }
}

/** Compiling, tuning and uploading included. */
async function firstCall(runner: Runner, clock: Clock): Promise<number> {
  const start = clock.now();
  const out = await runner.run(0);
  runner.peek(out, 0);
  const ms = clock.now() - start;
  runner.release(out);
  return ms;
}

async function drawsOf(runner: Runner, draws: () => number): Promise<number> {
  const before = draws();
  const out = await runner.run(0);
  const after = draws();
  runner.release(out);
  return after - before;
}
