/** Measured times, in milliseconds per call. */
export interface Timing {
  /** The median of the samples. */
  median: number;
  /** The 20th percentile. */
  p20: number;
  /** The 80th percentile. */
  p80: number;
  /** The number of samples. */
  samples: number;
}

/** Milliseconds by the finest clock that there is: some hosts have no `performance`. */
export function now(): number {
  return (globalThis as {performance?: Performance}).performance?.now() ?? Date.now();
}

/** Milliseconds without a pause at most: pages paint and answer in between. */
const LONGEST_STRETCH_MS = 50;

/** @returns what pauses, where the last pause was that long ago */
export function pauses(): () => Promise<void> {
  let last = now();
  return async () => {
    if (now() - last < LONGEST_STRETCH_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = now();
  };
}

/** Milliseconds that a sample lasts at least; longer ones are interrupted more often. */
const SAMPLE_MS = 0.5;
/** Steps of the clock that a sample lasts at least: it may be off by one step. */
const SAMPLE_STEPS = 20;
/** The step of a clock that does not move while it is watched. Browsers round to 1 ms at most. */
const COARSEST_STEP_MS = 1;

/** A clock that knows how far it can be trusted. */
export class Stopwatch {
  private step: number;

  /** @param now milliseconds, from anywhere */
  constructor(readonly now: () => number) {
    this.step = Math.min(smallestStep(now), COARSEST_STEP_MS);
  }

  /** Milliseconds since `start`. */
  since(start: number): number {
    const elapsed = this.now() - start;
    if (elapsed > 0) this.step = Math.min(this.step, elapsed);
    return elapsed;
  }

  /** Whether a sample of that many milliseconds says more about what was timed than about the clock. */
  trusts(elapsed: number): boolean {
    return elapsed >= SAMPLE_MS && elapsed >= SAMPLE_STEPS * this.step;
  }
}

/** The smallest step that a clock is seen to make, in milliseconds; Infinity if it does not move while it is watched. */
export function smallestStep(clock: () => number): number {
  let smallest = Number.POSITIVE_INFINITY;
  let last = clock();
  for (let reads = 0, steps = 0; reads < 200_000 && steps < 3; reads++) {
    const next = clock();
    if (next > last) {
      smallest = Math.min(smallest, next - last);
      steps++;
    }
    last = next;
  }
  return smallest;
}

export function summary(samples: number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))]!;
  return {median: at(0.5), p20: at(0.2), p80: at(0.8), samples: sorted.length};
}

/** The time that measuring may take. What does not measure, such as starting a backend, is not charged to it. */
export class Budget {
  private deadline: number;

  constructor(
    private readonly stopwatch: Stopwatch,
    ms: number,
  ) {
    this.deadline = stopwatch.now() + ms;
  }

  /** Milliseconds; below 0 once more has been taken than there was. */
  left(): number {
    return this.deadline - this.stopwatch.now();
  }

  /** Runs an action whose time is not charged. */
  async free<T>(action: () => T | Promise<T>): Promise<T> {
    const start = this.stopwatch.now();
    try {
      return await action();
    } finally {
      this.deadline += this.stopwatch.now() - start;
    }
  }
}
