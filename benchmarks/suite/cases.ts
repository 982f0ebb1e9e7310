import type {BackendFacts, Case, Plan} from './report';

/** What a plan comes to on the backends that are there: each op, shape, backend and number of threads. */
export function casesOf(there: BackendFacts[], {ops, shapes, backends, threads}: Omit<Plan, 'seconds'>): CasePlan[] {
  const all = ops.flatMap((op) =>
    shapes.flatMap((shape) =>
      backends.flatMap((backend) =>
        threadsOn(there, backend, threads).map((count) => ({op, shape, backend, threads: count})),
      ),
    ),
  );
  // By the number of threads, since stock's backend starts anew for another.
  return all.sort((a, b) => (a.threads ?? 1) - (b.threads ?? 1));
}

type CasePlan = Omit<Case, 'entries'>;

export function countCases(there: BackendFacts[], plan: Omit<Plan, 'seconds'>): number {
  return casesOf(there, plan).length;
}

/** Of the numbers of threads that are wanted, those that the backend can have; one at least. */
function threadsOn(there: BackendFacts[], backend: string, wanted: number[]): (number | null)[] {
  const most = there.find(({name}) => name === backend)?.mostThreads ?? null;
  if (most === null) return [null];
  const can = wanted.filter((count) => count <= most);
  return can.length > 0 ? can : [most];
}
