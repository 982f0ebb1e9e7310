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
 * A function, such as `() => model.predict(x)`, runs on each candidate and is measured as a whole. Ops are weighed alone.
 * For them the default mode, `estimate`, starts nothing and answers at once, by earlier measurements of such a workload or
 * by a cost model. Mode `measure` starts the candidates and times them within `budgetMs`; what is not reached in time is
 * estimated. A backend with a wrong result is ruled out.
 *
 * @param workload a function, or one or more of `{op, shape, axis?, weight?, residency?}`
 * @param options for example the mode, the candidates and the budget
 * @returns all candidates, the best first, with their figures and the source of each
 * @throws if the workload or an option is invalid, or the function would change the program by training or by disposing of
 *   existing tensors. A backend that is missing or fails is reported instead
 * @example
 * console.log(`${await rankBackends(() => model.predict(x))}`);
 */
export async function rankBackends(workload: Workload, options: RankOptions = {}): Promise<Ranking> {
  return (await dispatcher()).rankBackends(workload, options);
}

/**
 * Makes the best backend for a workload the active one of the whole program. So pass a function that does what the program
 * does: the figures of one op say nothing about the rest. `options.backend` decides first, then the environment variable
 * TFJS_SOFTMAX_BACKEND, then earlier measurements (of this process, or imported), then a ranking by `options.mode`. The
 * active backend stays unless another one is clearly faster. Selections wait for each other.
 *
 * @param workload a function, or one or more of `{op, shape, axis?, weight?, residency?}`
 * @param options those of {@link rankBackends}, and `backend`
 * @returns the chosen backend and why, with all candidates and their figures
 * @throws if the backend that was asked for cannot run, or none can. The error says which can, and the active backend stays
 * @example
 * await selectBackend(() => model.predict(x));
 */
export async function selectBackend(workload: Workload, options: SelectOptions = {}): Promise<Selection> {
  return (await dispatcher()).selectBackend(workload, options);
}

/**
 * Describes this machine and its backends, for people and for bug reports. The active backend and all tensors stay as they
 * are. A backend that is missing, fails or hangs is reported, not thrown. On each backend that has started, every variant
 * of its kernels runs once and is compared with float64: `variants` lists them.
 *
 * @example
 * ```ts
 * for (const {name, check, runs} of (await backendReport()).backends) console.log(name, check, runs);
 * ```
 *
 * @param options whether to start and check backends that have not started (the default), and how long that may take
 * @returns plain data that `JSON.stringify` can write
 */
export async function backendReport(options: ReportOptions = {}): Promise<BackendReport> {
  return (await dispatcher()).backendReport(options);
}
