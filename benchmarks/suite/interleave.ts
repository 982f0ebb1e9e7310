import {cached, type Fault} from './check';
import type {Clock} from './clock';
import type {Runner} from './peer';
import type {Which} from './workload';

/** Where the results of the two inputs differ most, and what stands there; it tells one from the other. */
export interface Fingerprint {
  index: number;
  values: [number, number];
}

export interface Candidate {
  runner: Runner;
  /** None for a copy, whose results nobody asks for. */
  fingerprint: Fingerprint | null;
}

export interface Series {
  /** Milliseconds a call, one number a round; NaN for a round that it sat out. */
  rounds: number[];
  /** What was found out meanwhile; its times do not count. */
  fault: Fault | null;
}

const LEAST_SAMPLES = 5;

/**
 * Times candidates in turn, one sample of each a round, so that whatever else the machine does falls on all of them.
 * A sample repeats the call until the clock can be trusted, alternating between the inputs, and one number of its last
 * result is compared. Everyone has the same share of the time: who has used it up sits out.
 *
 * @param seconds the time that the rounds may take together, beyond the least number of samples
 */
export async function interleave(
  candidates: Candidate[],
  seconds: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Series[]> {
  const share = (seconds * 1000) / candidates.length;
  const states: State[] = [];
  for (const candidate of candidates) states.push(await State.calibrated(candidate, clock, share / LEAST_SAMPLES));
  while (!signal?.aborted) {
    const active = states.filter((state) => state.wants(share));
    if (active.length === 0) break;
    for (const state of states) {
      if (active.includes(state)) await state.sample(clock);
      else state.series.rounds.push(Number.NaN);
    }
    await clock.breathe();
  }
  return states.map(({series}) => series);
}

class State {
  readonly series: Series = {rounds: [], fault: null};
  private spent = 0;
  private samples = 0;

  private constructor(
    private readonly candidate: Candidate,
    private readonly calls: number,
  ) {}

  /** Doubles the calls until a sample is long enough; this warms up, too. */
  static async calibrated(candidate: Candidate, clock: Clock, most: number): Promise<State> {
    const enough = Math.max(clock.sampleMs, Math.min(most, candidate.runner.queued ? 10 * clock.sampleMs : 0));
    let calls = 1;
    while ((await timeOf(candidate, calls, clock, 0)).ms * calls < enough) calls *= 2;
    return new State(candidate, calls);
  }

  wants(share: number): boolean {
    return this.series.fault === null && (this.spent < share || this.samples < LEAST_SAMPLES);
  }

  async sample(clock: Clock): Promise<void> {
    const {ms, fault} = await timeOf(this.candidate, this.calls, clock, this.samples);
    this.series.fault = fault;
    this.series.rounds.push(ms);
    this.spent += ms * this.calls;
    this.samples++;
  }
}

/** @param first which input the first call has; the next call has the other */
async function timeOf(
  {runner, fingerprint}: Candidate,
  calls: number,
  clock: Clock,
  first: number,
): Promise<{ms: number; fault: Fault | null}> {
  const index = fingerprint?.index ?? 0;
  const last = ((first + calls - 1) & 1) as Which;
  try {
    const start = clock.now();
    for (let i = 0; i < calls - 1; i++) {
      const out = runner.run(((first + i) & 1) as Which);
      runner.release(out instanceof Promise ? await out : out);
    }
    const called = runner.run(last);
    const out = called instanceof Promise ? await called : called;
    let number = runner.queued ? runner.peek(out, index) : Number.NaN;
    const ms = (clock.now() - start) / calls;
    if (!runner.queued) number = runner.peek(out, index);
    runner.release(out);
    return {ms, fault: fingerprint && isOther(number, fingerprint.values, last) ? STALE : null};
  } catch (error) {
    return {ms: Number.NaN, fault: {mark: 'failed', reason: `while timed: ${error}`}};
  }
}

const STALE = cached('while timed, it returned the result of another input');

function isOther(number: number, values: [number, number], which: Which): boolean {
  const [right, other] = [values[which], values[which ? 0 : 1]];
  return !(Math.abs(number - right) <= Math.abs(number - other));
}
