import {WrongResult} from '../wrong_result';
import {messageOf} from './environment';
import {type Budget, pauses, type Stopwatch, summary, type Timing} from './stopwatch';

/** A wrong result, or what was thrown. That may not come again: memory was short, or the backend was removed meanwhile. */
export interface Failed {
  failure: string;
  mayPass?: boolean;
}

/** How one backend did in one job. */
export type Outcome =
  /** It was timed; `firstMs` is the first call, compiling included. */
  | {timing: Timing; firstMs: number}
  | Failed
  /** It was not timed; the reason. */
  | {skipped: string};

/** The progress of measuring. */
export interface Progress {
  /** From 0 to 1; the last report is 1. */
  fraction: number;
  /** What is being done, as text. */
  doing: string;
}

/** What backends are raced for. */
export interface Job {
  /** For people. */
  readonly label: string;
  /** Whether the first call, with its compiling and moving of data, is charged to the budget. */
  readonly chargesFirstCall: boolean;
  /** Why the job cannot be tried out; null if it can. */
  readonly obstacle: string | null;
  /**
   * Milliseconds of a call, as far as can be foreseen.
   * @param seen the best of what was seen of other backends by now
   */
  expectedMs(backend: string, seen: Known | null): number;
  /** Milliseconds that the first call takes beyond that. */
  compileMs(backend: string): number;
  /** Whether the first call tells how long the next will take. */
  firstCallTells(backend: string): boolean;
  /** Makes the first call. @throws what the backend throws, or a `WrongResult` */
  enter(backend: string, budget: Budget): Promise<Entry>;
  /** Compares what the first calls gave. @returns why backends are out, by their names */
  judge(entries: readonly Entry[]): Promise<Map<string, string>>;
}

/** A time that is known of a backend. */
export interface Known {
  backend: string;
  ms: number;
}

/** A backend whose first call was made. */
export interface Entry {
  readonly backend: string;
  /** Milliseconds of the first call. */
  readonly firstMs: number;
  /** So many calls, one after the other; returns, or its promise resolves, when the last result is there. */
  run(calls: number): Promise<void> | void;
  /** Frees what it holds. */
  release(): void;
}

/** Thrown by a job that is not to be run on any backend: the ranking fails with it. */
export class JobRefused extends Error {}

/** Samples of each backend at most: more make a median hardly better. */
const ROUNDS = 50;
/** The first samples, taken while the engine still optimises. They do not count if there are at least twice as many in all. */
const WARM_UP_SAMPLES = 5;
/** Samples of a backend from which on its time counts. */
const SETTLED_AFTER = 5;
/** Milliseconds of a sample that counts by itself: what else the machine does is little beside it. */
const LONG_SAMPLE_MS = 100;
/** A first call that takes this many times as long as a sample of another: a slow backend, or one that compiled. */
const SEEMS_SLOWER = 10;
/** The part of what is left of the budget that goes into one backend's first sample where its first call says enough. */
const MOST_OF_FIRST_SAMPLE = 0.25;
/** A settled backend whose fast samples take this many times as long as the slow ones of the leader is not timed further. */
const CLEARLY_SLOWER = 2;
/** Calls in a sample at most: a clock that has not moved by then stands still. */
const MOST_CALLS = 1 << 15;
/** Milliseconds, in place of those that nobody can foresee: with a budget of 0 nothing runs. */
const LEAST_MS = 1e-6;

/**
 * Times each job on each backend, all started. Results are checked before they count; samples are taken in turn, so
 * that whatever else the machine does falls on all of them; nothing begins that would overdraw the budget, as far as can
 * be foreseen.
 *
 * @returns for each job the outcome on each backend
 */
export async function measure(
  jobs: readonly Job[],
  backends: readonly string[],
  {stopwatch, budget, onProgress}: {stopwatch: Stopwatch; budget: Budget; onProgress: (progress: Progress) => void},
): Promise<Map<string, Outcome>[]> {
  const outcomes: Map<string, Outcome>[] = [];
  for (const [i, job] of jobs.entries()) {
    const others = jobs.length - i - 1;
    const reserved = (Math.max(budget.left(), 0) * others) / (others + 1);
    const report = (part: number, doing: string) =>
      onProgress({fraction: (i + Math.min(part, 1)) / jobs.length, doing: `${job.label}: ${doing}`});
    outcomes.push(await new Race(job, stopwatch, budget, reserved, report).run(backends));
  }
  onProgress({fraction: 1, doing: 'done'});
  return outcomes;
}

/** A backend in the race for one job. */
interface Contestant {
  entry: Entry;
  /** Calls a sample. */
  calls: number;
  /** Measured times, in milliseconds per call. */
  samples: number[];
}

/** The backends against each other in one job. */
class Race {
  private readonly outcomes = new Map<string, Outcome>();
  private readonly share: number;
  private readonly pause = pauses();
  private reported = 0;

  /** @param reserved milliseconds of the budget that are for others */
  constructor(
    private readonly job: Job,
    private readonly stopwatch: Stopwatch,
    private readonly budget: Budget,
    private readonly reserved: number,
    private readonly onProgress: (part: number, doing: string) => void,
  ) {
    this.share = this.left();
  }

  async run(backends: readonly string[]): Promise<Map<string, Outcome>> {
    const {job} = this;
    // The fastest first, as far as one knows: the budget may not last for the others.
    const inOrder = [...backends].sort((a, b) => job.expectedMs(a, null) - job.expectedMs(b, null));
    if (job.obstacle !== null) {
      for (const backend of inOrder) this.skip(backend, job.obstacle);
      return this.outcomes;
    }
    const racing: Contestant[] = [];
    try {
      await this.startAll(inOrder, racing);
      // Its first call is more than a backend needs later: by that, others may have seemed hopeless that are not.
      const hasStarted = (backend: string) => racing.some(({entry}) => entry.backend === backend);
      const doubted = inOrder.filter((backend) => this.isSkipped(backend) && !hasStarted(backend));
      await this.startAll(doubted, racing);
      await this.rounds(racing);
    } finally {
      for (const {entry} of racing) entry.release();
    }
    this.conclude(this.stillIn(racing));
    return this.outcomes;
  }

  /** First calls, the comparison of what they gave, and the first sample of each. */
  private async startAll(backends: readonly string[], racing: Contestant[]): Promise<void> {
    const before = racing.length;
    for (const backend of backends) await this.firstCall(backend, racing);
    if (racing.length === before) return;
    const failures = await this.budget.free(() => this.job.judge(racing.map(({entry}) => entry)));
    for (const [backend, failure] of failures) this.outcomes.set(backend, {failure});
    const fresh = this.stillIn(racing)
      .filter(({samples}) => samples.length === 0)
      .sort((a, b) => a.entry.firstMs - b.entry.firstMs);
    for (const contestant of fresh) {
      // What seems slow waits until the others have settled: one sample of it may take all that is left.
      const sampled = this.stillIn(racing).filter(({samples}) => samples.length > 0);
      const least = Math.min(...sampled.flatMap(({samples}) => samples));
      if (contestant.entry.firstMs > SEEMS_SLOWER * least) await this.rounds(sampled, this.share / 2);
      await this.calibrate(contestant);
    }
  }

  /** The first call of a backend, by which it compiles, and whose result is checked. */
  private async firstCall(backend: string, racing: Contestant[]): Promise<void> {
    const {job} = this;
    this.report(this.partOfBudget(), `trying ${backend}`);
    const seen = this.seen(racing);
    // Before any was seen, what is foreseen of a function is no more than an order.
    const expected = job.chargesFirstCall
      ? job.expectedMs(backend, seen) + job.compileMs(backend)
      : seen === null
        ? LEAST_MS
        : job.expectedMs(backend, seen);
    if (!this.hasTimeFor(expected)) {
      this.skip(backend, 'the budget was too short for one call');
      return;
    }
    const enter = () => job.enter(backend, this.budget);
    try {
      const entry = await (job.chargesFirstCall ? enter() : this.budget.free(enter));
      this.outcomes.delete(backend);
      racing.push({entry, calls: 1, samples: []});
    } catch (error) {
      this.fail(backend, error);
    }
    await this.pause();
  }

  /** The least that a call is known to take by now, where it is not known whether it was compiling, mostly. */
  private seen(racing: Contestant[]): Known | null {
    let seen: Known | null = null;
    for (const {entry, samples} of racing) {
      const {backend, firstMs} = entry;
      const ms = Math.min(...samples, this.job.firstCallTells(backend) ? firstMs : Number.POSITIVE_INFINITY);
      if (ms < (seen?.ms ?? Number.POSITIVE_INFINITY)) seen = {backend, ms};
    }
    return seen;
  }

  /** Doubles the calls of a sample until the clock can be trusted; that sample is the first. */
  private async calibrate(contestant: Contestant): Promise<void> {
    const {backend, firstMs} = contestant.entry;
    const {job} = this;
    const firstCallTells = job.firstCallTells(backend);
    const isDear = firstMs >= LONG_SAMPLE_MS && firstMs > MOST_OF_FIRST_SAMPLE * this.left();
    if (firstCallTells && !job.chargesFirstCall && isDear) {
      contestant.samples.push(firstMs); // no compiling of shaders in it, and too long to be had again for nothing
      return;
    }
    let expected = firstCallTells ? firstMs : Math.min(job.expectedMs(backend, null), firstMs);
    for (; contestant.calls <= MOST_CALLS; contestant.calls *= 2) {
      if (!this.hasTimeFor(expected)) {
        this.skip(backend, 'the budget was too short for a sample');
        return;
      }
      const elapsed = await this.timeOf(contestant);
      if (elapsed === null) return;
      expected = 2 * elapsed;
      if (this.stopwatch.trusts(elapsed)) {
        contestant.samples.push(elapsed / contestant.calls);
        await this.pause();
        return;
      }
    }
    this.skip(backend, `the clock did not move during ${MOST_CALLS} calls`);
  }

  /** @param reserve milliseconds that are left for others, once all have settled */
  private async rounds(racing: Contestant[], reserve = 0): Promise<void> {
    for (;;) {
      if (this.left() < reserve && this.stillIn(racing).every(isSettled)) return;
      const wanted = this.wanted(this.stillIn(racing));
      let sampled = false;
      for (const contestant of wanted) {
        if (!this.hasTimeFor(Math.min(...contestant.samples) * contestant.calls)) continue;
        this.report(
          Math.max(contestant.samples.length / ROUNDS, this.partOfBudget()),
          `timing ${contestant.entry.backend}`,
        );
        await this.sample(contestant);
        sampled = true;
        await this.pause();
      }
      if (!sampled) return;
    }
  }

  /** Those that are to be sampled in the next round: whose rank more samples could change. */
  private wanted(racing: Contestant[]): Contestant[] {
    const goesOn = racing.filter(({samples}) => samples.length < ROUNDS);
    const timings = new Map(racing.map((contestant) => [contestant, summary(counted(contestant.samples))]));
    const leader = Math.min(...[...timings.values()].map(({p80}) => p80));
    const mayWin = (contestant: Contestant) => timings.get(contestant)!.p20 < CLEARLY_SLOWER * leader;
    const rivals = racing.filter(mayWin);
    // Those behind wait until the others have settled, and then get their samples too: their first may have been a pause.
    const behind = racing.filter((contestant) => !mayWin(contestant) && !isSettled(contestant));
    if (!rivals.every(isSettled)) return goesOn.filter((contestant) => rivals.includes(contestant));
    const isDecided = rivals.length === 1 && rivals[0]!.samples.length >= 2 * WARM_UP_SAMPLES;
    return goesOn.filter((contestant) => behind.includes(contestant) || (!isDecided && rivals.includes(contestant)));
  }

  /**
   * One more sample. If its time is less than half of what the clock can tell, a pause had passed for the time of the earlier
   * samples: they start anew, with more calls.
   */
  private async sample(contestant: Contestant): Promise<void> {
    const elapsed = await this.timeOf(contestant);
    if (elapsed === null) return;
    if (this.stopwatch.trusts(2 * elapsed)) {
      contestant.samples.push(elapsed / contestant.calls);
      return;
    }
    contestant.calls *= 2;
    contestant.samples.length = 0;
    await this.calibrate(contestant);
  }

  /** Takes what was timed often enough: one or two samples may be another program's more than the backend's. */
  private conclude(racing: Contestant[]): void {
    const leader = Math.min(...racing.filter(isSettled).map(({samples}) => summary(counted(samples)).median));
    for (const contestant of racing) {
      const {entry, samples} = contestant;
      const hasLost = Math.min(...samples) > CLEARLY_SLOWER * leader;
      if (isSettled(contestant) || hasLost) {
        this.outcomes.set(entry.backend, {timing: summary(counted(samples)), firstMs: entry.firstMs});
      } else {
        this.skip(entry.backend, `the budget was too short for ${SETTLED_AFTER} samples`);
      }
    }
  }

  /** Those of whom nothing has been said yet. */
  private stillIn(racing: Contestant[]): Contestant[] {
    return racing.filter(({entry}) => !this.outcomes.has(entry.backend));
  }

  /** Milliseconds of one sample; null if the backend failed in it, and then it is out. */
  private async timeOf({entry, calls}: Contestant): Promise<number | null> {
    const start = this.stopwatch.now();
    try {
      const waiting = entry.run(calls);
      if (waiting) await waiting;
      return this.stopwatch.since(start);
    } catch (error) {
      this.fail(entry.backend, error);
      return null;
    }
  }

  private hasTimeFor(ms: number): boolean {
    return ms <= this.left();
  }

  private left(): number {
    return this.budget.left() - this.reserved;
  }

  /** Never less than what was reported before. */
  private report(part: number, doing: string): void {
    this.reported = Math.max(this.reported, part);
    this.onProgress(this.reported, doing);
  }

  private partOfBudget(): number {
    return this.share > 0 ? 1 - this.left() / this.share : 1;
  }

  private fail(backend: string, error: unknown): void {
    if (error instanceof JobRefused) throw error;
    if (error instanceof WrongResult) this.outcomes.set(backend, {failure: `wrong result: ${error.message}`});
    else this.outcomes.set(backend, {failure: `${this.job.label} throws: ${messageOf(error)}`, mayPass: true});
  }

  private isSkipped(backend: string): boolean {
    const outcome = this.outcomes.get(backend);
    return outcome !== undefined && 'skipped' in outcome;
  }

  private skip(backend: string, why: string): void {
    this.outcomes.set(backend, {skipped: why});
  }
}

function isSettled({samples, calls}: Contestant): boolean {
  return samples.length >= SETTLED_AFTER || Math.min(...samples) * calls >= LONG_SAMPLE_MS;
}

function counted(samples: number[]): number[] {
  return samples.length < 2 * WARM_UP_SAMPLES ? samples : samples.slice(WARM_UP_SAMPLES);
}
