import {Stopwatch, summary, type Timing} from '../backends/dispatcher/stopwatch';

/** Something to be timed: one call, finished when it returns. */
export interface Candidate {
  name: string;
  run: () => void;
}

const SMALLEST_SAMPLES = 7;

/**
 * Times candidates in turn, one sample of each a round, so that whatever else the machine does falls on all of them.
 * Each is warmed up first; a sample repeats the call until the clock can be trusted.
 *
 * @param seconds the time that the rounds may take together
 */
export function interleave(candidates: Candidate[], seconds: number): Map<string, Timing> {
  const stopwatch = new Stopwatch();
  const timeOf = ({run}: Candidate, calls: number) => {
    const start = stopwatch.now();
    for (let i = 0; i < calls; i++) run();
    return stopwatch.since(start);
  };
  const calls = candidates.map((candidate) => {
    let count = 1;
    while (!stopwatch.trusts(timeOf(candidate, count))) count *= 2;
    return count;
  });
  const samples = candidates.map((): number[] => []);
  const end = stopwatch.now() + seconds * 1000;
  for (let round = 0; round < SMALLEST_SAMPLES || stopwatch.now() < end; round++) {
    for (const [i, candidate] of candidates.entries()) samples[i]!.push(timeOf(candidate, calls[i]!) / calls[i]!);
  }
  return new Map(candidates.map(({name}, i) => [name, summary(samples[i]!)]));
}

/** The mean of ratios. */
export function geometricMean(ratios: number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
