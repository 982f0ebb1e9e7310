import {caseName} from './case_name';
import {casesOf} from './cases';
import {figures} from './figures';
import type {Lab} from './lab';
import type {Case, Plan, Report} from './report';
import {type CaseState, runHalf} from './run_case';
import {workload} from './workload';

export interface Progress {
  /** Halves of cases, done and in all. */
  done: number;
  total: number;
  /** What comes next, or was done last. */
  label: string;
  /** The figures so far of the case that was done last. */
  last: Case | null;
}

interface Options {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * Runs all cases twice, half of the time each: what two halves disagree about is noise. Stops at the signal, with what
 * there is by then.
 */
export async function runSuite(lab: Lab, plan: Plan, {signal, onProgress}: Options = {}): Promise<Report> {
  const cases = casesOf(lab.backends, plan).map((one) => ({...one, state: new Map() as CaseState}));
  const total = 2 * cases.length;
  const seconds = plan.seconds / total;
  let done = 0;
  let last: Case | null = null;
  for (const half of [0, 1] as const) {
    for (const {state, ...one} of cases) {
      const {op, shape, backend, threads} = one;
      onProgress?.({done, total, label: caseName(one), last});
      if (signal?.aborted) break;
      const contenders = (await lab.activate(backend, threads)).filter(
        ({name, ops}) => ops.includes(op) && ['ours', 'copy', ...plan.peers].includes(name),
      );
      const made = workload({op, shape, distribution: plan.distribution, madeBy: plan.inputs});
      await runHalf(half, state, made, contenders, seconds, lab.clock, signal);
      last = figures(one, [...state.values()]);
      done++;
    }
  }
  onProgress?.({done, total, label: done < total ? 'stopped' : 'done', last});
  return {
    format: 2,
    complete: done === total,
    machine: lab.machine,
    plan,
    backends: lab.backends.filter(({name}) => plan.backends.includes(name)),
    peers: lab.peers.filter(({name}) => plan.peers.includes(name)),
    missing: lab.missing,
    cases: cases
      .map(({state, ...one}) => figures(one, [...state.values()]))
      .filter(({entries}) => entries.some(({ms, fault}) => ms || fault)),
  };
}
