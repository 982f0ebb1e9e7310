import {type Entry, type Job, JobRefused, measure, type Outcome} from '../../../backends/dispatcher/race';
import {Budget, Stopwatch} from '../../../backends/dispatcher/stopwatch';
import {checkedRemembered} from '../../../backends/dispatcher/wisdom_schema';
import {WrongResult} from '../../../backends/wrong_result';
import {Random} from '../../cases/random';
import {SimulatedClock} from '../../hosts/fakes';

/** The race by itself, on a simulated clock: what a call takes is what the job says, and nothing else takes time. */

interface Runner {
  /** Milliseconds of so many calls. */
  calls(count: number): number;
  /** Milliseconds of the first call, 1 ms by default. */
  first?: number;
  /** What is foreseen; 0 by default. */
  expected?: number;
  compile?: number;
  /** Whether the first call tells how long the next will take; true by default. */
  tells?: boolean;
  onFirst?: () => void;
  /** Whether results come later, by promises. */
  later?: boolean;
}

const steady = (ms: number, more: Partial<Runner> = {}): Runner => ({calls: (count) => count * ms, ...more});

class SimulatedJob implements Job {
  readonly label = 'a job';
  readonly obstacle: string | null = null;
  readonly log: string[] = [];
  released = 0;
  verdict = new Map<string, string>();

  constructor(
    private readonly clock: SimulatedClock,
    private readonly runners: Record<string, Runner>,
    readonly chargesFirstCall = true,
  ) {}

  expectedMs(backend: string): number {
    return this.runners[backend]!.expected ?? 0;
  }
  compileMs(backend: string): number {
    return this.runners[backend]!.compile ?? 0;
  }
  firstCallTells(backend: string): boolean {
    return this.runners[backend]!.tells ?? true;
  }
  async enter(backend: string): Promise<Entry> {
    const {first = 1, onFirst, calls, later = false} = this.runners[backend]!;
    this.log.push(backend);
    onFirst?.();
    this.clock.pass(first);
    return {
      backend,
      firstMs: first,
      run: (count) => {
        this.log.push(`${backend} ${count}`);
        const pass = () => this.clock.pass(calls(count));
        return later ? Promise.resolve().then(pass) : pass();
      },
      release: () => {
        this.released++;
      },
    };
  }
  async judge(): Promise<Map<string, string>> {
    return this.verdict;
  }
}

interface Given {
  step?: number;
  budgetMs?: number;
  charges?: boolean;
}

/** A clock moves while it is watched. */
function stopwatchOf(clock: SimulatedClock, step = 0.005): Stopwatch {
  let reads = 0;
  return new Stopwatch(() => {
    if (reads++ < 8) clock.pass(step);
    return clock.now();
  });
}

async function race(runners: (clock: SimulatedClock) => Record<string, Runner>, given: Given = {}) {
  const {step = 0.005, budgetMs = 1000, charges = true} = given;
  const clock = new SimulatedClock(step);
  const job = new SimulatedJob(clock, runners(clock), charges);
  const stopwatch = stopwatchOf(clock, step);
  const start = clock.now();
  const fractions: number[] = [];
  const onProgress = ({fraction}: {fraction: number}) => fractions.push(fraction);
  const options = {stopwatch, budget: new Budget(stopwatch, budgetMs), onProgress};
  const [outcomes] = await measure([job], Object.keys(runners(clock)), options);
  if (fractions.some((fraction, i) => fraction < (fractions[i - 1] ?? 0))) throw new Error('its progress goes back');
  return {outcomes: outcomes!, job, took: clock.now() - start};
}

const timingOf = (outcome: Outcome | undefined) => (outcome && 'timing' in outcome ? outcome.timing : null);

test('10,000 rankings by clocks of 0.005 to 1 ms with pauses anywhere: no time of 0, and hardly a wrong choice', async () => {
  const random = new Random(24);
  let bad = 0;
  let undecided = 0;
  for (let i = 0; i < 10_000; i++) {
    const step = 10 ** random.uniform(Math.log10(0.005), 0);
    const base = 10 ** random.uniform(-3, 1);
    const pause = 10 ** random.uniform(-1, 2);
    const rate = random.uniform(0, 0.02); // pauses a millisecond, nearly
    const times = [1, 2 ** random.uniform(0, 1.5), 2 ** random.uniform(0, 4)].map((ratio) => base * ratio);
    const runner = (ms: number): Runner => ({
      calls: (count) => {
        const elapsed = count * ms * random.uniform(1, 1.1);
        const pauses =
          random.uniform() < rate * elapsed || random.uniform() < 0.02 ? random.uniform(0.2, 1) * pause : 0;
        return elapsed + pauses;
      },
      first: ms * random.uniform(1, 5) + (random.uniform() < 0.05 ? pause : 0),
    });
    const order = random.uniform() < 0.5 ? ['a', 'b', 'c'] : ['c', 'b', 'a'];
    const runners = Object.fromEntries(order.map((name) => [name, runner(times[name.charCodeAt(0) - 97]!)]));
    const {outcomes} = await race(() => runners, {step});
    let [best, least] = ['', Number.POSITIVE_INFINITY];
    for (const [name, outcome] of outcomes) {
      const timing = timingOf(outcome);
      if (timing === null) continue;
      if (checkedRemembered(timing) === null || timing.median < 0.2 * times[name.charCodeAt(0) - 97]!) {
        throw new Error(`ranking ${i}: ${name} is said to take ${JSON.stringify(timing)}, with steps of ${step} ms`);
      }
      if (timing.median < least) [best, least] = [name, timing.median];
    }
    if (best === '') undecided++;
    else if (times[best.charCodeAt(0) - 97]! > 1.5 * Math.min(...times)) bad++;
  }
  expect(bad).toBeLessThan(100);
  expect(undecided).toBeLessThan(100);
});

test('where one call in fifty is interrupted for up to fifty times as long, one choice in twenty is 1.25 times as long', async () => {
  const random = new Random(17);
  let bad = 0;
  for (let i = 0; i < 200; i++) {
    const one = 10 ** random.uniform(-1.3, 0.5);
    const times = {one, other: one * 2 ** random.uniform(-1, 1)};
    const noisy = (ms: number): Runner => ({
      calls(count) {
        let elapsed = 0;
        for (let j = 0; j < count; j++) {
          elapsed += ms * (random.uniform() < 0.02 ? random.uniform(1, 50) : random.uniform(1, 1.2));
        }
        return elapsed;
      },
    });
    const {outcomes} = await race(() => ({one: noisy(times.one), other: noisy(times.other)}), {step: 0.1});
    const [best] = [...outcomes].sort(([, a], [, b]) => timingOf(a)!.median - timingOf(b)!.median);
    if (times[best![0] as 'one'] > 1.25 * Math.min(times.one, times.other)) bad++;
  }
  expect(bad).toBeLessThanOrEqual(10);
});

describe('what is tried, and in which order', () => {
  test('the fastest first, as far as is foreseen', async () => {
    const {job} = await race(() => ({slow: steady(1, {expected: 3}), quick: steady(1, {expected: 1})}));
    expect(job.log.slice(0, 2)).toEqual(['quick', 'slow']);
  });

  test('nothing that is foreseen to overdraw the budget: compiling counts where the first call is charged', async () => {
    const runners = () => ({a: steady(1), b: steady(1, {expected: 60, compile: 30})});
    const why = {skipped: 'the budget was too short for one call'};
    expect((await race(runners, {budgetMs: 90})).outcomes.get('b')).toEqual(why);
    expect((await race(runners, {budgetMs: 90})).outcomes.get('a')).not.toEqual(why);
    expect((await race(runners, {budgetMs: 75, charges: false})).outcomes.get('b')).not.toEqual(why);
    expect((await race(runners, {budgetMs: 50, charges: false})).outcomes.get('b')).toEqual(why); // by what was seen of a
    expect((await race(runners, {budgetMs: 0})).outcomes.get('a')).toEqual(why);
  });

  test('a first call is charged or not', async () => {
    const runners = () => ({a: steady(1, {first: 80, expected: 1})});
    expect(timingOf((await race(runners, {budgetMs: 85})).outcomes.get('a'))).toBeNull();
    expect(timingOf((await race(runners, {budgetMs: 85, charges: false})).outcomes.get('a'))).not.toBeNull();
  });

  test('one that seemed hopeless is tried again once samples are known', async () => {
    // Expected by what was seen: 15 times that. The first call of the other was slow, its samples are not.
    class Relative extends SimulatedJob {
      override expectedMs(backend: string, seen?: {ms: number} | null): number {
        return backend === 'a' ? 0 : 15 * (seen?.ms ?? 1);
      }
    }
    const clock = new SimulatedClock(0.005);
    const job = new Relative(clock, {a: steady(1, {first: 90}), b: steady(0.5)}, false);
    const stopwatch = stopwatchOf(clock);
    const options = {stopwatch, budget: new Budget(stopwatch, 1000), onProgress: () => {}};
    const [outcomes] = await measure([job], ['a', 'b'], options);
    expect(timingOf(outcomes!.get('b'))!.median).toBeCloseTo(0.5, 3);
    expect(job.log.filter((line) => line === 'a')).toHaveLength(1);
  });

  test('one job leaves the next its share of the budget', async () => {
    const clock = new SimulatedClock(0.005);
    const jobs = [0, 1].map(() => new SimulatedJob(clock, {a: steady(1), b: steady(1.1)}));
    const stopwatch = stopwatchOf(clock);
    const starts: number[] = [];
    const onProgress = ({fraction}: {fraction: number}) => starts.push(fraction);
    const start = clock.now();
    const outcomes = await measure(jobs, ['a', 'b'], {stopwatch, budget: new Budget(stopwatch, 60), onProgress});
    expect(clock.now() - start).toBeLessThan(75);
    for (const outcome of outcomes) expect(timingOf(outcome.get('a'))).not.toBeNull();
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.at(-1)).toBe(1);
  });
});

describe('how often each is timed', () => {
  const countOf = (log: string[], name: string) => log.filter((line) => line.startsWith(`${name} `)).length;

  test.each([
    [5.9, null],
    [6.5, 5],
  ])('five samples are the least that counts: with a budget of %p ms %p', async (budgetMs, samples) => {
    const {outcomes} = await race(() => ({a: steady(1)}), {budgetMs});
    expect(timingOf(outcomes.get('a'))?.samples ?? null).toBe(samples);
    if (samples === null) expect(outcomes.get('a')).toEqual({skipped: 'the budget was too short for 5 samples'});
  });

  test('of near rivals the first five of fifty do not count', async () => {
    let calls = 0;
    const {outcomes, job} = await race(
      () => ({
        a: {calls: (count) => count * (++calls <= 10 ? 3 : 1)},
        b: {calls: (count) => count * (calls <= 10 ? 3.1 : 1.1)},
      }),
      {budgetMs: 10_000},
    );
    expect(countOf(job.log, 'a')).toBe(50);
    expect(timingOf(outcomes.get('a'))).toEqual({
      median: expect.closeTo(1),
      p20: expect.closeTo(1),
      p80: expect.closeTo(1),
      samples: 45,
    });
  });

  test('nobody is timed further once it is decided', async () => {
    const {job, outcomes} = await race(() => ({a: steady(1), b: steady(2.5)}), {budgetMs: 10_000});
    expect(countOf(job.log, 'a')).toBe(10);
    expect(countOf(job.log, 'b')).toBe(5);
    expect([...outcomes.values()].map((outcome) => timingOf(outcome)!.samples)).toEqual([5, 5]);
    const near = await race(() => ({a: steady(1), b: steady(1.9)}), {budgetMs: 10_000});
    expect(countOf(near.job.log, 'b')).toBe(50);
  });

  test('who has clearly lost counts with a sample; who is near does not', async () => {
    const budgetMs = 20;
    const lost = await race(() => ({a: steady(1), b: steady(6)}), {budgetMs});
    expect(timingOf(lost.outcomes.get('b'))).toMatchObject({median: expect.closeTo(6), samples: 1});
    const near = await race(() => ({a: steady(2.2), b: steady(4)}), {budgetMs});
    expect(near.outcomes.get('b')).toEqual({skipped: 'the budget was too short for 5 samples'});
  });

  test('a call lasts until its result is there', async () => {
    const {outcomes} = await race(() => ({a: steady(1, {later: true}), b: steady(1.5)}), {budgetMs: 100});
    expect(timingOf(outcomes.get('a'))!.p20).toBeCloseTo(1, 1);
    expect(timingOf(outcomes.get('b'))!.p80).toBeCloseTo(1.5, 1);
  });

  test('a pause in the first sample does not lose the race', async () => {
    let calls = 0;
    const paused: Runner = {calls: (count) => count * 1 + (++calls === 1 ? 30 : 0)};
    const {outcomes} = await race(() => ({a: paused, b: steady(3)}));
    expect(timingOf(outcomes.get('a'))!.median).toBeCloseTo(1);
    expect(timingOf(outcomes.get('a'))!.samples).toBeGreaterThanOrEqual(5);
  });

  test('a sample of 100 ms counts by itself, and so does such a first call without compiling', async () => {
    const {outcomes} = await race(() => ({a: steady(101), b: steady(99)}), {budgetMs: 205});
    expect(timingOf(outcomes.get('a'))).toMatchObject({samples: 1});
    expect(outcomes.get('b')).toEqual({skipped: 'the budget was too short for 5 samples'});
    const free = {budgetMs: 1000, charges: false};
    const slow = await race(() => ({a: steady(1), b: steady(300, {first: 300})}), free);
    expect(slow.job.log.filter((line) => line.startsWith('b '))).toEqual([]);
    expect(timingOf(slow.outcomes.get('b'))).toMatchObject({median: 300, samples: 1});
    const optimising = await race(() => ({a: steady(1), b: steady(0.9, {first: 200})}), free);
    expect(timingOf(optimising.outcomes.get('b'))!.median).toBeCloseTo(0.9);
    const compiling = await race(() => ({a: steady(1), b: steady(0.9, {first: 300, tells: false})}), free);
    expect(timingOf(compiling.outcomes.get('b'))!.median).toBeCloseTo(0.9);
  });

  test('what seems slow waits until the others have settled, and half of the budget is left for it', async () => {
    const runners = () => ({a: steady(1), b: steady(1.1), c: steady(900, {first: 300, tells: false})});
    const {outcomes, job} = await race(runners, {budgetMs: 1000, charges: false});
    for (const name of ['a', 'b']) expect(timingOf(outcomes.get(name))!.samples).toBeGreaterThanOrEqual(5);
    expect(job.log.lastIndexOf('c 1')).toBeGreaterThan(job.log.indexOf('b 1', 8));
    // One that compiled, and is the fastest, has its samples.
    const compiled = () => ({a: steady(20), b: steady(21), c: steady(10, {first: 300, tells: false})});
    const {outcomes: later} = await race(compiled, {budgetMs: 400, charges: false});
    expect(timingOf(later.get('c'))!.samples).toBeGreaterThanOrEqual(5);
  });

  test('a clock that stands still is found out', async () => {
    const job = new SimulatedJob(new SimulatedClock(1), {a: steady(0)});
    const stopwatch = new Stopwatch(() => 5);
    const options = {stopwatch, budget: new Budget(stopwatch, 1000), onProgress: () => {}};
    const [outcomes] = await measure([job], ['a'], options);
    expect(outcomes!.get('a')).toEqual({skipped: 'the clock did not move during 32768 calls'});
  });

  test('samples start anew, with more calls, where a pause has passed for their time', async () => {
    let calls = 0;
    const {outcomes, job} = await race(() => ({a: {calls: (count) => count * 0.001 + (++calls === 1 ? 50 : 0)}}), {
      step: 0.1,
    });
    expect(timingOf(outcomes.get('a'))!.median).toBeCloseTo(0.001, 4);
    expect(Math.max(...job.log.slice(1).map((line) => Number(line.split(' ')[1])))).toBeGreaterThan(1000);
  });

  test('what was timed before that does not count', async () => {
    let calls = 0;
    const runner: Runner = {calls: (count) => count * 0.001 + (++calls <= 3 ? 10 : 0)};
    const {outcomes} = await race(() => ({a: runner}), {step: 0.1, budgetMs: 46});
    const {p80, samples} = timingOf(outcomes.get('a'))!;
    expect(p80).toBeCloseTo(0.001, 4);
    expect(samples).toBeLessThan(9);
  });
});

describe('who is out', () => {
  const failing = (error: Error, more: Partial<Runner> = {}): Runner =>
    steady(1, {
      onFirst: () => {
        throw error;
      },
      ...more,
    });

  test('by a wrong result, for good; by an error, for now; and all that was entered is released', async () => {
    const {outcomes, job} = await race(() => ({
      wrong: failing(new WrongResult('it gives 2 where 1 is right')),
      broken: failing(new Error('no memory')),
      later: {
        calls: () => {
          throw new Error('lost');
        },
      },
      fine: steady(1),
    }));
    expect(outcomes.get('wrong')).toEqual({failure: 'wrong result: it gives 2 where 1 is right'});
    expect(outcomes.get('broken')).toEqual({failure: 'a job throws: no memory', mayPass: true});
    expect(outcomes.get('later')).toEqual({failure: 'a job throws: lost', mayPass: true});
    expect(timingOf(outcomes.get('fine'))).not.toBeNull();
    expect(job.released).toBe(2);
  });

  test('by what the job says of the first calls: it is not timed', async () => {
    const clock = new SimulatedClock(0.005);
    const job = new SimulatedJob(clock, {a: steady(1), b: steady(0.1)});
    job.verdict = new Map([['b', 'gives another result']]);
    const stopwatch = stopwatchOf(clock);
    const [outcomes] = await measure([job], ['a', 'b'], {
      stopwatch,
      budget: new Budget(stopwatch, 100),
      onProgress: () => {},
    });
    expect(outcomes!.get('b')).toEqual({failure: 'gives another result'});
    expect(job.log.filter((line) => line.startsWith('b '))).toEqual([]);
  });

  test('nobody, if the job is refused: that ends the race, and releases all', async () => {
    const clock = new SimulatedClock(0.005);
    const job = new SimulatedJob(clock, {a: steady(1), b: failing(new JobRefused('it trains'), {expected: 1})});
    const stopwatch = stopwatchOf(clock);
    const options = {stopwatch, budget: new Budget(stopwatch, 100), onProgress: () => {}};
    await expect(measure([job], ['a', 'b'], options)).rejects.toThrow('it trains');
    expect(job.released).toBe(1);
  });
});
