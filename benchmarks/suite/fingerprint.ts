import type {Expected} from './workload';

/** Where the results of the two inputs differ most, and what stands there; it tells one from the other. */
export interface Fingerprint {
  index: number;
  values: [number, number];
}

/** The place among the rows known in both where the two results differ most; null if they are the same, as for n = 1. */
export function fingerprint([a, b]: [Expected, Expected]): Fingerprint | null {
  let best: Fingerprint | null = null;
  let most = 0;
  for (const [row, {exact: first}] of a.rows) {
    const second = b.rows.get(row)?.exact;
    if (!second) continue;
    for (let i = 0; i < first.length; i++) {
      const difference = Math.abs(first[i]! - second[i]!);
      if (!(difference > most) || difference === Number.POSITIVE_INFINITY) continue;
      most = difference;
      best = {index: row * a.perRow + i, values: [first[i]!, second[i]!]};
    }
  }
  return best;
}
