import type {Candidate} from './candidate';
import type {Fault} from './check';
import type {Clock} from './clock';
import type {Which} from './workload';

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
  candidates: Pick<Candidate, 'queued' | 'sample'>[],
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
      if (active.includes(state)) await state.sample();
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
    private readonly candidate: Pick<Candidate, 'sample'>,
    private readonly calls: number,
    private readonly clock: Clock,
  ) {}

  /** Doubles the calls until a sample is long enough; this warms up, too. */
  static async calibrated(candidate: Pick<Candidate, 'queued' | 'sample'>, clock: Clock, most: number): Promise<State> {
    const enough = Math.max(clock.sampleMs, Math.min(most, candidate.queued ? 10 * clock.sampleMs : 0));
    let calls = 1;
    while ((await candidate.sample(calls, 0)).ms * calls < enough) calls *= 2;
    return new State(candidate, calls, clock);
  }

  wants(share: number): boolean {
    return this.series.fault === null && (this.spent < share || this.samples < LEAST_SAMPLES);
  }

  async sample(): Promise<void> {
    const start = this.clock.now();
    const {ms, fault} = await this.candidate.sample(this.calls, (this.samples & 1) as Which);
    this.spent += this.clock.now() - start; // with what is not timed: warming up
    this.series.fault = fault;
    this.series.rounds.push(ms);
    this.samples++;
  }
}
