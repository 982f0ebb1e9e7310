import {ulpErrorOf} from '../../spec/ulp';
import type {Peer, Runner} from './peer';
import type {Expected, Which} from './workload';

export type Mark = 'wrong' | 'returned early' | 'cached result' | 'failed';

export interface Fault {
  mark: Mark;
  reason: string;
}

/** Worst error of results that count, in ULP; or why they do not. */
export type Verdict = {fault: null; ulp: number} | {fault: Fault};

/** Of the row's scale: what single precision with a coarse exp still reaches, and no wrong kernel does. */
const TOLERANCE = 1e-3;

/**
 * Runs a candidate on both inputs and compares the results with float64, before any of its times count. The inputs
 * change between the calls and the first result is held meanwhile, so a result that was kept is found out.
 */
export async function check(
  runner: Runner,
  both: [Expected, Expected],
  {tolerance = TOLERANCE}: Pick<Peer, 'tolerance'>,
): Promise<Verdict> {
  const held: {out: unknown; storage: unknown}[] = [];
  let ulp = 0;
  try {
    for (const which of [0, 1, 0, 1] as Which[]) {
      const out = await runner.run(which);
      const storage = runner.storage(out);
      const reused = held.some((earlier) => earlier.storage === storage);
      held.push({out, storage});
      const result = await runner.read(out);
      const judged = judge(result, both[which], tolerance);
      if (!judged.fault) ulp = Math.max(ulp, judged.ulp);
      else return held.length > 1 ? {fault: staleOr(judged.fault, result, both[which ? 0 : 1], tolerance)} : judged;
      if (reused) return {fault: cached('the storage of an earlier result, still in use, came back as a new one')};
    }
  } finally {
    for (const {out} of new Map(held.map((one) => [one.storage, one])).values()) runner.release(out);
  }
  return {fault: null, ulp};
}

export function cached(reason: string): Fault {
  return {mark: 'cached result', reason};
}

/** A wrong result that is right for the other input was kept from there. */
function staleOr(fault: Fault, result: Float32Array, other: Expected, tolerance: number): Fault {
  const isStale = judge(result, other, tolerance).fault === null;
  return isStale ? cached('the result is that of an earlier input') : fault;
}

function judge(result: Float32Array, {rows, perRow, count}: Expected, tolerance: number): Verdict {
  if (result.length !== count * perRow) {
    return {fault: {mark: 'wrong', reason: `${result.length} numbers instead of ${count * perRow}`}};
  }
  let ulp = 0;
  let fault: Fault | null = null;
  for (const [row, {exact, magnitude, scale}] of rows) {
    const allowed = tolerance * scale;
    for (let i = 0; i < perRow; i++) {
      const actual = result[row * perRow + i]!;
      const isRight = near(actual, exact[i]!, allowed);
      if (!fault && !isRight) fault = returnedEarly(actual, exact[i]!, row, i);
      // A call that returned early has left nothing from the first fault on; anything else is plainly wrong.
      const isThere = actual !== 0 && !Number.isNaN(actual);
      const isTelling = !isRight || Math.abs(exact[i]!) > allowed;
      if (fault && isThere && isTelling) return {fault: {...fault, mark: 'wrong'}};
      if (!fault) ulp = Math.max(ulp, ulpErrorOf(magnitude[i]!, actual, exact[i]!));
    }
  }
  return fault ? {fault} : {fault: null, ulp};
}

function near(actual: number, exact: number, allowed: number): boolean {
  return Object.is(actual, exact) || actual === exact || Math.abs(actual - exact) <= allowed;
}

function returnedEarly(actual: number, exact: number, row: number, column: number): Fault {
  return {mark: 'returned early', reason: `${actual} where ${exact} is right, in row ${row}, column ${column}`};
}
