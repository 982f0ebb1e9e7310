import type {Timing} from './stopwatch';
import {entryOf, put} from './wisdom';
import {checkedRemembered, type Remembered, type WisdomEntry} from './wisdom_schema';
import type {Task} from './workload';

/** What was measured of a task or one like it. */
export function recall(task: Task): WisdomEntry | undefined {
  return entryOf(task.op, bucketOf(task));
}

/**
 * Keeps what was measured of a task, in memory; what was known of other backends stays. What could not be imported again,
 * such as a time of 0 by a clock that stood still, is not kept.
 */
export function remember(task: Task, backends: Record<string, Remembered>): void {
  const usable = Object.entries(backends).filter(([, value]) => checkedRemembered(value) !== null);
  if (usable.length === 0) return;
  const rows = bucketOf(task);
  const before = scaledTo(task.elements, recall(task));
  put({op: task.op, rows, elements: task.elements, backends: {...before, ...Object.fromEntries(usable)}});
}

/** What an entry says, for a task of that many elements in the same bucket. */
export function scaledTo(elements: number, entry: WisdomEntry | undefined): Record<string, Remembered> {
  if (entry === undefined || entry.elements === elements) return entry?.backends ?? {};
  const ratio = elements / entry.elements;
  const scaled = ({median, p20, p80, samples}: Timing): Timing => ({
    ...{median: median * ratio, p20: p20 * ratio, p80: p80 * ratio},
    samples,
  });
  return Object.fromEntries(
    Object.entries(entry.backends).map(([name, value]) => [name, 'failure' in value ? value : scaled(value)]),
  );
}

function bucketOf({rows: {outer, n, inner}}: Task): string {
  return [outer, n, inner].map((d) => (d === 0 ? 0 : 2 ** Math.round(Math.log2(d)))).join(' x ');
}
