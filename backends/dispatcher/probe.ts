/**
 * What calls and elements cost on this machine, beside the machine that the shipped figures are from: one op on next to
 * nothing and on 1 MiB. It is measured once for each backend, and kept in wisdom.
 */
import {Budget} from './budget';
import {OpJob} from './op_job';
import {LARGE_PROBE, SMALL_PROBE} from './probe_tasks';
import {measure} from './race';
import type {Stopwatch} from './stopwatch';
import {probeOf, putProbe} from './wisdom';
import type {Task} from './workload';

/** The part of a measuring budget that all probes together may take. */
const SHARE = 0.1;
/** Milliseconds that the probe of one backend takes: with less it is left for another time, and more it does not need. */
const [LEAST_MS, MOST_MS] = [20, 50];

/** Probes the backends, all started, that were not yet; within a part of the budget. */
export async function probe(backends: readonly string[], stopwatch: Stopwatch, budget: Budget): Promise<void> {
  const fresh = backends.filter((backend) => probeOf(backend) === undefined);
  const ms = Math.min((budget.left() * SHARE) / fresh.length, MOST_MS);
  if (!(ms >= LEAST_MS)) return;
  for (const backend of fresh) {
    const timed = async (task: Task, share: number) => {
      const own = new Budget(stopwatch, share);
      const [outcomes] = await measure([new OpJob(task, stopwatch)], [backend], {stopwatch, budget: own, onProgress});
      const outcome = outcomes!.get(backend)!;
      return 'timing' in outcome ? outcome.timing.median : null;
    };
    const smallMs = await timed(SMALL_PROBE, ms / 2);
    // By a clock that stands still the large one would take minutes.
    const largeMs = smallMs === null ? null : await timed(LARGE_PROBE, ms / 2);
    if (smallMs !== null && largeMs !== null) putProbe(backend, {smallMs, largeMs});
  }
}

const onProgress = () => {};
