import {figures} from './figures';
import type {Lab} from './lab';
import {parseDistribution} from './logits';
import type {Case, Plan, Report} from './report';
import {type CaseState, newCase, runHalf} from './run_case';
import {workload, workloadName} from './workload';

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
  const cases = plan.ops.flatMap((op) =>
    plan.shapes.flatMap((shape) => plan.backends.map((backend) => ({op, shape, backend, state: newCase()}))),
  );
  const total = 2 * cases.length;
  const seconds = plan.seconds / total;
  const distribution = parseDistribution(plan.distribution);
  let done = 0;
  let last: Case | null = null;
  for (const half of [0, 1] as const) {
    for (const {op, shape, backend, state} of cases) {
      onProgress?.({done, total, label: `${workloadName({op, shape})} on ${backend}`, last});
      if (signal?.aborted) break;
      const peers = (await lab.activate(backend)).filter(
        ({name, ops}) => ops.includes(op) && ['ours', 'copy', ...plan.peers].includes(name),
      );
      await runHalf(half, state, workload(op, shape, distribution, plan.inputs), peers, seconds, lab.clock, signal);
      last = caseOf({op, shape, backend, state});
      done++;
    }
  }
  onProgress?.({done, total, label: done < total ? 'stopped' : 'done', last});
  return {
    format: 1,
    complete: done === total,
    machine: lab.machine,
    plan,
    backends: lab.backends.filter(({name}) => plan.backends.includes(name)),
    missing: lab.missing,
    cases: cases.map(caseOf).filter(({entries}) => entries.some(({ms, fault}) => ms || fault)),
  };
}

function caseOf({op, shape, backend, state}: Pick<Case, 'op' | 'shape' | 'backend'> & {state: CaseState}): Case {
  return figures(op, shape, backend, [...state.observed.values()]);
}
