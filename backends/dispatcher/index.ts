/**
 * Which backend is the fastest for a workload on this machine, and why.
 *
 * Most of it is loaded on first use: a page that runs a softmax need not load what ranks backends. Wisdom, which is
 * synchronous, is there from the start.
 */
import type {RankOptions} from './options';
import type {Ranking} from './ranking';
import type {BackendReport, ReportOptions} from './report';
import type {Selection, SelectOptions} from './select';
import type {Workload} from './workload';

export type {Gpu, Machine, WasmFeatures} from './machine';
export type {Op} from './ops';
export type {RankOptions} from './options';
export type {Progress} from './race';
export type {Part, RankedBackend, Ranking, Source} from './ranking';
export type {BackendEntry, BackendReport, ReportOptions} from './report';
export type {Selection, SelectOptions} from './select';
export type {CheckedVariant} from './self_check';
export type {Timing} from './stopwatch';
export type {Remember} from './storage';
export {exportWisdom, forgetWisdom, importWisdom} from './wisdom';
export type {Workload, WorkloadItem} from './workload';

const dispatcher = () => import('./dispatcher');

/**
 * Compares the backends for a workload. The active backend and every tensor stay as they are.
 *
 * A function, such as `() => model.predict(x)`, is run as it is on each candidate: what is measured is all that it does. Ops are
 * weighed alone; for them mode `estimate`, the default, answers at once and starts nothing: by what was measured before of such a
 * workload, or else by a cost model. Mode `measure` starts the candidates and times them, within `budgetMs`; what there was no
 * time for is estimated. A backend that gives a wrong result is out.
 *
 * @param workload a function, or one or more of `{op, shape, axis?, weight?, residency?}`
 * @param options the mode, the candidates and how long it may take
 * @returns all candidates, the best first, with their figures and where they come from
 * @throws if the workload or an option is not what it must be, or a function would change the program: one that trains, or
 *   disposes of its inputs; a backend that is missing or fails is reported instead
 * @example
 * console.log(`${await rankBackends(() => model.predict(x))}`);
 */
export async function rankBackends(workload: Workload, options: RankOptions = {}): Promise<Ranking> {
  return (await dispatcher()).rankBackends(workload, options);
}

/**
 * Makes the best backend for a workload the active one of the whole program. So give what the program does, as a function: of an
 * op alone nothing follows for the rest. What is asked for explicitly wins: by `options.backend`, or else by the environment
 * variable TFJS_SOFTMAX_BACKEND. Otherwise by what was measured before, in this process or as imported, and where nothing was,
 * by `options.mode`. The active backend stays unless another is clearly faster. Selections wait for each other.
 *
 * @param workload a function, or one or more of `{op, shape, axis?, weight?, residency?}`
 * @param options those of {@link rankBackends}, and `backend`
 * @returns what was chosen and why, with all candidates and their figures
 * @throws if what was asked for explicitly cannot run, or nothing can; says what can, and leaves the active backend
 * @example
 * await selectBackend(() => model.predict(x));
 */
export async function selectBackend(workload: Workload, options: SelectOptions = {}): Promise<Selection> {
  return (await dispatcher()).selectBackend(workload, options);
}

/**
 * What this machine has, for people and for bug reports. The active backend and every tensor stay as they are. A backend
 * that is missing, fails or hangs is reported; nothing throws because of it. On each backend that has started every variant
 * of its kernels that its plans would choose is run once and compared with float64: `variants` has them by name.
 *
 * @example
 * ```ts
 * for (const {name, check, runs} of (await backendReport()).backends) console.log(name, check, runs);
 * ```
 *
 * @param options whether to start and check what has not started, which is the default, and how long that may take
 * @returns plain data, which `JSON.stringify` writes
 */
export async function backendReport(options: ReportOptions = {}): Promise<BackendReport> {
  return (await dispatcher()).backendReport(options);
}
