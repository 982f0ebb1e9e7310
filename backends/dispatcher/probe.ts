/**
 * What calls and elements cost on this machine, beside the machine that the shipped figures are from: one op on next to
 * nothing and on 1 MiB. It is measured once for each backend, and kept in wisdom.
 */

import {LARGE_PROBE, SMALL_PROBE} from './cost';
import {OpJob} from './op_job';
import {probeOf, putProbe} from './recall';
import {type Budget, type Stopwatch, summary} from './stopwatch';
import type {Task} from './workload';

/** The part of a measuring budget that all probes together may take. */
const SHARE = 0.1;
/** Milliseconds that the probe of one backend takes at most, and that there must be at least. */
const [LEAST_MS, MOST_MS] = [10, 50];
const SAMPLES = 5;
/** Calls in a sample at most: by a clock that stands still they would never end. */
const MOST_CALLS = 1 << 10;

/** Probes the backends, all started, that were not yet; within a part of the budget, but for their first calls. */
export async function probe(backends: readonly string[], stopwatch: Stopwatch, budget: Budget): Promise<void> {
  const fresh = backends.filter((backend) => probeOf(backend) === undefined);
  const ms = Math.min((budget.left() * SHARE) / fresh.length, MOST_MS);
  if (!(ms >= LEAST_MS)) return;
  for (const backend of fresh) {
    const smallMs = await timeOf(SMALL_PROBE, backend, ms / 2, stopwatch, budget);
    const largeMs = smallMs && (await timeOf(LARGE_PROBE, backend, ms / 2, stopwatch, budget));
    if (smallMs && largeMs) putProbe(backend, {smallMs, largeMs});
  }
}

/** Milliseconds of a call; null if it fails, which the ranking will find out, or if there was no time for a sample. */
async function timeOf(task: Task, backend: string, limitMs: number, stopwatch: Stopwatch, budget: Budget) {
  try {
    const entry = await budget.free(() => new OpJob(task, stopwatch).enter(backend, budget));
    try {
      const samples: number[] = [];
      const until = stopwatch.now() + limitMs;
      for (let calls = 1; samples.length < SAMPLES && calls <= MOST_CALLS && stopwatch.now() < until; ) {
        const start = stopwatch.now();
        await entry.run(calls);
        const elapsed = stopwatch.since(start);
        if (stopwatch.trusts(elapsed)) samples.push(elapsed / calls);
        else calls *= 2;
      }
      return samples.length > 0 ? summary(samples).median : null;
    } finally {
      entry.release();
    }
  } catch {
    return null;
  }
}
