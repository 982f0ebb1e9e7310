/** Wisdom as rankings use it. There the name of a backend tells how many threads it has. */
import {option} from '../../kernels/check';
import {onThreads} from './facts';
import type {Timing} from './stopwatch';
import {entryOf, functions, probes, put} from './wisdom';
import {bucketOf, checkedRemembered, type Probe, type Remembered} from './wisdom_schema';
import type {Task} from './workload';

/** What was measured of one op or function, by the names of backends in wisdom. */
export type ByBackend = Record<string, Remembered>;

/** The name of a backend in wisdom: what it takes with another number of threads is that of another. */
export function nameInWisdom(backend: string): string {
  return `${backend}${onThreads(backend)}`;
}

/** What of that was measured of a backend. */
export function ofBackend(known: ByBackend | undefined, backend: string): Remembered | null {
  return option(known ?? {}, nameInWisdom(backend), null);
}

/** What was measured of a task or one like it. */
export function recall({op, rows, elements}: Task): ByBackend | undefined {
  const entry = entryOf(op, bucketOf([rows.outer, rows.n, rows.inner]));
  if (entry === undefined || entry.elements === elements) return entry?.backends;
  const ratio = elements / entry.elements;
  const scaled = ({median, p20, p80, samples}: Timing): Timing => ({
    ...{median: median * ratio, p20: p20 * ratio, p80: p80 * ratio},
    samples,
  });
  return Object.fromEntries(
    Object.entries(entry.backends).map(([name, value]) => [name, 'failure' in value ? value : scaled(value)]),
  );
}

/**
 * Keeps what was measured of a task, in memory; what was known of other backends stays. What could not be imported again,
 * such as a time of 0 by a clock that stood still, is not kept.
 */
export function remember(task: Task, backends: ByBackend): void {
  const usable = Object.entries(backends).filter(([, value]) => checkedRemembered(value) !== null);
  if (usable.length === 0) return;
  const {op, elements, rows} = task;
  const bucket = bucketOf([rows.outer, rows.n, rows.inner]);
  put({op, rows: bucket, elements, backends: {...recall(task), ...Object.fromEntries(usable)}});
}

/** What is known of the program's function of that name. */
export function functionOf(name: string): ByBackend | undefined {
  return functions.get(name);
}

/** What a probe of a backend has found here. */
export function probeOf(backend: string): Probe | undefined {
  return probes.get(nameInWisdom(backend));
}

export function putProbe(backend: string, probe: Probe): void {
  probes.set(nameInWisdom(backend), probe);
}
