/** Something to be timed: one call, finished when it returns. */
export interface Candidate {
  name: string;
  run: () => void;
}

/** Milliseconds a call. */
export interface Timing {
  median: number;
  p20: number;
  p80: number;
  /** How many samples it is the median of. */
  samples: number;
}

/** Shorter than this a sample would be the clock's more than the candidate's. */
const SAMPLE_MS = 2;
const SMALLEST_SAMPLES = 7;

/**
 * Times candidates in turn, one sample of each a round, so that whatever else the machine does falls on all of them.
 * Each is warmed up first; a sample repeats the call until the clock can be trusted.
 *
 * @param seconds the time that the rounds may take together
 */
export function interleave(candidates: Candidate[], seconds: number): Map<string, Timing> {
  const calls = candidates.map(callsPerSample);
  const samples = candidates.map((): number[] => []);
  const end = performance.now() + seconds * 1000;
  for (let round = 0; round < SMALLEST_SAMPLES || performance.now() < end; round++) {
    for (const [i, {run}] of candidates.entries()) samples[i]!.push(timeOf(run, calls[i]!));
  }
  return new Map(candidates.map(({name}, i) => [name, summary(samples[i]!)]));
}

function callsPerSample({run}: Candidate): number {
  let calls = 1;
  while (timeOf(run, calls) * calls < SAMPLE_MS) calls *= 2;
  return calls;
}

function timeOf(run: () => void, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) run();
  return (performance.now() - start) / calls;
}

function summary(samples: number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))]!;
  return {median: at(0.5), p20: at(0.2), p80: at(0.8), samples: sorted.length};
}

/** The mean of ratios. */
export function geometricMean(ratios: number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
