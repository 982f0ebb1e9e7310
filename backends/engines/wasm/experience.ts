/** Of gains and of losses no more than this counts: a machine may become busy, or idle again. */
const MOST_NS = 4e6;
/** After a loss so many times as much work is left to one thread before the next try: then tries cost 1/32 of the time. */
const WORK_PER_LOSS = 32;
/** From so much work on it is worth to wake a thread, at least and at most. */
const LEAST_TO_WAKE_NS = 200_000;
const MOST_TO_WAKE_NS = 5_000_000;
/** Each job for which no thread is woken, though there may be enough work, lowers the limit. */
const FORGETTING = 0.97;

/**
 * What sharing work has brought on this machine lately. Threads lose where other programs keep the cores busy: one that is
 * interrupted in the middle of its part is waited for. And on some virtual machines a thread that is woken takes milliseconds to
 * come.
 */
export class Experience {
  /** What was gained, less what was lost. */
  private balanceNs = 0;
  private toWakeNs = LEAST_TO_WAKE_NS;

  /** Whether to share a job that takes one thread so long. */
  favorsSharing(ns: number): boolean {
    if (this.balanceNs >= 0) return true;
    this.balanceNs = Math.min(this.balanceNs + ns / WORK_PER_LOSS, 0);
    return false;
  }

  /**
   * A job was shared.
   *
   * @param ns what the others' part takes one thread; half of that counts as gained, since handing over takes time, and since
   *   threads share the memory
   * @param waitedNs how long they were waited for
   */
  addJob(ns: number, waitedNs: number): void {
    this.balanceNs = Math.max(-MOST_NS, Math.min(this.balanceNs + ns / 2 - waitedNs, MOST_NS));
  }

  /** Whether to wake threads for work that takes one thread so long. */
  favorsWaking(ns: number): boolean {
    if (ns >= this.toWakeNs) return true;
    if (ns >= LEAST_TO_WAKE_NS) this.toWakeNs *= FORGETTING;
    return false;
  }

  /** @param isLate whether all of those that were woken for a job came when nothing was left to do */
  addWaking(isLate: boolean): void {
    this.toWakeNs = Math.max(LEAST_TO_WAKE_NS, Math.min(this.toWakeNs * (isLate ? 2 : 0.5), MOST_TO_WAKE_NS));
  }
}
