import {exportWisdom, forgetWisdom, importWisdom, rankBackends} from 'tfjs-softmax';
import type {Case, Report} from '../suite/report';

/** What the package's dispatcher would choose for all of this, and why, by the times that were just measured. */
export async function explanationOf({plan, cases}: Report): Promise<string> {
  const known = JSON.parse(exportWisdom()) as {entries: object[]};
  forgetWisdom();
  importWisdom(JSON.stringify({...known, entries: wisdomOf(cases)}));
  const workload = plan.ops.flatMap((op) => plan.shapes.map((shape) => ({op, shape})));
  return `${await rankBackends(workload, {candidates: plan.backends})}`;
}

/** The times of ours, by op and size, as the dispatcher remembers them. */
function wisdomOf(cases: Case[]): object[] {
  const entries = new Map<string, {op: string; rows: string; elements: number; backends: Record<string, object>}>();
  for (const {op, shape, backend, threads, entries: measured} of cases) {
    const ms = measured.find(({peer}) => peer === 'ours')?.ms;
    if (!ms || (threads ?? 1) !== 1) continue;
    const [rows, n] = shape;
    const key = `${op} ${[rows, n].map(bucket).join(' x ')}`;
    const entry = entries.get(key) ?? {
      op,
      rows: `${bucket(rows)} x ${bucket(n)} x 1`,
      elements: rows * n,
      backends: {},
    };
    entry.backends[backend] ??= ms;
    entries.set(key, entry);
  }
  return [...entries.values()];
}

function bucket(length: number): number {
  return 2 ** Math.round(Math.log2(length));
}
