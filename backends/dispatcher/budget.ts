import type {Stopwatch} from './stopwatch';

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
