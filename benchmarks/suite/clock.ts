/** Time as the suite sees it; a test brings its own. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Lets signals, progress bars and pages have their turn. */
  breathe(): Promise<void>;
  /** A sample is at least as long as this, so that it is not the clock's more than the candidate's. */
  sampleMs: number;
}

/** The clock of this process or page; browsers round theirs to 0.1 ms unless the page is isolated. */
export function realClock(): Clock {
  const isCoarse = globalThis.crossOriginIsolated === false;
  return {
    now: () => performance.now(),
    breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
    sampleMs: isCoarse ? 10 : 2,
  };
}
