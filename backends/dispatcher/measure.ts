import {dispose, keep, reshape, slice, type Tensor, tensor, tidy} from '@tensorflow/tfjs-core';
import {withBackend} from '../../tfjs/active_backend';
import {mismatch, toleranceOf} from './check';
import {firstCallMs, opMs} from './cost';
import {messageOf, now} from './environment';
import {factsOf} from './facts';
import {runnerOf} from './ops';
import {type SampleData, sampleData} from './sample_data';
import {type Stopwatch, summary, type Timing} from './stopwatch';
import {label, type Task} from './workload';

/** How one backend did in one task. */
export type Outcome =
  /** It was timed; `firstMs` is the first call, compiling included. */
  | {timing: Timing; firstMs: number}
  /**
   * It gave a wrong result, or an op threw. What an op threw may not come again: memory was short, or the backend was removed
   * meanwhile.
   */
  | {failure: string; mayPass?: boolean}
  /** It was not timed; the reason. */
  | {skipped: string};

/** How far measuring has come. */
export interface Progress {
  /** From 0 to 1; the last report is 1. */
  fraction: number;
  /** What is being done, for people. */
  doing: string;
}

export interface MeasureOptions {
  stopwatch: Stopwatch;
  /** On the stopwatch's clock. */
  deadline: number;
  onProgress: (progress: Progress) => void;
}

/** Samples of each backend at most: more make a median hardly better. */
const ROUNDS = 50;
/** The first samples, taken while the engine still optimises. They do not count if there are at least twice as many in all. */
const WARM_UP_SAMPLES = 5;
/** Samples of a backend from which on its time counts. */
const SETTLED_AFTER = 5;
/** A settled backend whose fast samples take this many times as long as the slow ones of the leader is not timed further. */
const CLEARLY_SLOWER = 2;
/** Calls in a sample at most: a clock that has not moved by then stands still. */
const MOST_CALLS = 1 << 15;
/** Elements of a task at most: 128 MiB of logits, and of each other tensor, on each backend. */
const LARGEST_TASK = 1 << 25;
/** Milliseconds without a pause at most: pages paint and answer in between. */
const LONGEST_STRETCH_MS = 50;

/**
 * Times each task on each backend, all started. Results are checked before they count; samples are taken in turn, so
 * that whatever else the machine does falls on all of them; nothing begins that would pass the deadline, as far as can
 * be foreseen.
 *
 * @returns for each task the outcome on each backend
 */
export async function measure(
  tasks: Task[],
  backends: string[],
  {stopwatch, deadline, onProgress}: MeasureOptions,
): Promise<Map<string, Outcome>[]> {
  const outcomes: Map<string, Outcome>[] = [];
  for (const [i, task] of tasks.entries()) {
    const start = stopwatch.now();
    const share = (deadline - start) / (tasks.length - i);
    const report = (part: number, doing: string) =>
      onProgress({fraction: (i + Math.min(part, 1)) / tasks.length, doing: `${label(task)}: ${doing}`});
    const race = new Race(task, stopwatch, start + share, report);
    outcomes.push(await race.run(backends));
  }
  onProgress({fraction: 1, doing: 'done'});
  return outcomes;
}

/** A backend in the race for one task. */
interface Contestant {
  backend: string;
  inputs: Tensor[];
  firstMs: number;
  /** Calls a sample. */
  calls: number;
  /** Milliseconds a call. */
  samples: number[];
}

/** The backends against each other on one task. */
class Race {
  private readonly start: number;
  private readonly outcomes = new Map<string, Outcome>();
  private pausedAt: number;

  constructor(
    private readonly task: Task,
    private readonly stopwatch: Stopwatch,
    private readonly deadline: number,
    private readonly report: (part: number, doing: string) => void,
  ) {
    this.start = stopwatch.now();
    this.pausedAt = now();
  }

  async run(backends: string[]): Promise<Map<string, Outcome>> {
    // The fastest first, as far as one knows: the budget may not last for the others.
    const inOrder = [...backends].sort((a, b) => opMs(this.task, a) - opMs(this.task, b));
    if (this.task.elements > LARGEST_TASK) return this.skipAll(inOrder, 'it is too large to be tried out');
    const racing: Contestant[] = [];
    try {
      const data = sampleData(this.task);
      for (const backend of inOrder) {
        const contestant = await this.warmUp(backend, data);
        if (contestant) racing.push(contestant);
      }
      for (const contestant of racing) await this.calibrate(contestant);
      await this.rounds(racing);
    } finally {
      for (const {inputs} of racing) release(inputs);
    }
    this.conclude(this.stillIn(racing));
    return this.outcomes;
  }

  /** The first call of a backend, by which it compiles, and whose result is checked. */
  private async warmUp(backend: string, data: SampleData): Promise<Contestant | null> {
    this.report(this.partOfBudget(), `trying ${backend}`);
    if (!this.hasTimeFor(firstCallMs(backend) + opMs(this.task, backend))) {
      this.skip(backend, 'the budget was too short for one call');
      return null;
    }
    const {task} = this;
    const start = this.stopwatch.now();
    const inputs: Tensor[] = [];
    try {
      const result = withBackend(backend, () => {
        for (const array of data.inputs) inputs.push(keep(tensor(array, task.shape)));
        return tidy(() => runnerOf(task.op)(inputs[0]!, inputs[1], task.axis));
      });
      let values: ArrayLike<number>;
      try {
        const waiting = finish(backend, result); // it compiles too
        if (waiting) await waiting;
        values = factsOf(backend)?.readsLater ? await result.data() : result.dataSync();
      } finally {
        result.dispose();
      }
      const firstMs = this.stopwatch.since(start);
      const wrong = mismatch(values, data.expected(), task.rows.inner, toleranceOf(backend));
      if (wrong === null) return {backend, inputs, firstMs, calls: 1, samples: []};
      this.outcomes.set(backend, {failure: `wrong result: ${label(task)} ${wrong}`});
    } catch (error) {
      this.fail(backend, error);
    }
    release(inputs);
    return null;
  }

  /** Doubles the calls of a sample until the clock can be trusted; that sample is the first. */
  private async calibrate(contestant: Contestant): Promise<void> {
    const {backend, firstMs} = contestant;
    // Where the first call compiled, it says nothing of the next.
    let expected = factsOf(backend)?.gpu ? opMs(this.task, backend) : firstMs;
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
        return;
      }
    }
    this.skip(backend, `the clock stood still for ${MOST_CALLS} calls`);
  }

  private async rounds(racing: Contestant[]): Promise<void> {
    for (let round = 1; round < 2 * ROUNDS; round++) {
      // Beyond the last round, those go on whose samples started anew.
      const goesOn = ({samples}: Contestant) => round < ROUNDS || samples.length < SETTLED_AFTER;
      const unsettled = this.unsettled(this.stillIn(racing)).filter(goesOn);
      if (unsettled.length === 0) return;
      for (const contestant of unsettled) {
        if (!this.hasTimeFor(Math.min(...contestant.samples) * contestant.calls)) return;
        this.report(Math.max(round / ROUNDS, this.partOfBudget()), `timing ${contestant.backend}`);
        await this.sample(contestant);
        await this.pause();
      }
    }
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
    const isSettled = ({samples}: Contestant) => samples.length >= SETTLED_AFTER;
    const leader = Math.min(...racing.filter(isSettled).map(({samples}) => summary(counted(samples)).median));
    for (const contestant of racing) {
      const {backend, samples, firstMs} = contestant;
      const hasLost = Math.min(...samples) > CLEARLY_SLOWER * leader;
      if (isSettled(contestant) || hasLost) {
        this.outcomes.set(backend, {timing: summary(counted(samples)), firstMs});
      } else {
        this.skip(backend, `the budget was too short for ${SETTLED_AFTER} samples`);
      }
    }
  }

  /** Those whose rank more samples could change. */
  private unsettled(racing: Contestant[]): Contestant[] {
    const timings = racing.map(({samples}) => summary(counted(samples)));
    const leader = timings.reduce((least, {p80}) => Math.min(least, p80), Number.POSITIVE_INFINITY);
    return racing.filter((_, i) => {
      const {samples, p20} = timings[i]!;
      return samples < SETTLED_AFTER || p20 < CLEARLY_SLOWER * leader;
    });
  }

  /** Those of whom nothing has been said yet. */
  private stillIn(racing: Contestant[]): Contestant[] {
    return racing.filter(({backend}) => !this.outcomes.has(backend));
  }

  /** Milliseconds of one sample; null if the backend failed in it, and then it is out. */
  private async timeOf({backend, inputs, calls}: Contestant): Promise<number | null> {
    const {op, axis} = this.task;
    const run = runnerOf(op);
    const start = this.stopwatch.now();
    try {
      const result = withBackend(backend, () => {
        for (let i = 1; i < calls; i++) run(inputs[0]!, inputs[1], axis).dispose();
        return run(inputs[0]!, inputs[1], axis);
      });
      try {
        const waiting = finish(backend, result);
        if (waiting) await waiting;
      } finally {
        result.dispose();
      }
      return this.stopwatch.since(start);
    } catch (error) {
      this.fail(backend, error);
      return null;
    }
  }

  private hasTimeFor(ms: number): boolean {
    return this.stopwatch.now() + ms <= this.deadline;
  }

  private partOfBudget(): number {
    const budget = this.deadline - this.start;
    return budget > 0 ? (this.stopwatch.now() - this.start) / budget : 1;
  }

  private fail(backend: string, error: unknown): void {
    this.outcomes.set(backend, {failure: `${label(this.task)} throws: ${messageOf(error)}`, mayPass: true});
  }

  private skip(backend: string, why: string): void {
    this.outcomes.set(backend, {skipped: why});
  }

  private skipAll(backends: string[], why: string): Map<string, Outcome> {
    for (const backend of backends) this.skip(backend, why);
    return this.outcomes;
  }

  private async pause(): Promise<void> {
    if (now() - this.pausedAt < LONGEST_STRETCH_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.pausedAt = now();
  }
}

/**
 * Waits until a result is there: on a GPU by reading one element, which is less than all, and where that is unknown, all.
 * @returns null if it is there, or what to wait for
 */
function finish(backend: string, result: Tensor): Promise<void> | null {
  const facts = factsOf(backend);
  if (facts && !facts.gpu) return null;
  if (!facts) {
    result.dataSync();
    return null;
  }
  const first = withBackend(backend, () => tidy(() => slice(reshape(result, [-1]), 0, Math.min(1, result.size))));
  if (facts.readsLater) return whenRead(first);
  try {
    first.dataSync();
  } finally {
    first.dispose();
  }
  return null;
}

async function whenRead(result: Tensor): Promise<void> {
  try {
    await result.data();
  } finally {
    result.dispose();
  }
}

/** Disposes of inputs. Those of a backend that was removed meanwhile throw; the others are disposed of all the same. */
function release(inputs: Tensor[]): void {
  for (const input of inputs) {
    try {
      dispose(input);
    } catch {
      // its memory went with the backend
    }
  }
}

function counted(samples: number[]): number[] {
  return samples.length < 2 * WARM_UP_SAMPLES ? samples : samples.slice(WARM_UP_SAMPLES);
}
