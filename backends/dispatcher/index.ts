/** Which backend is the fastest for a workload on this machine, and why. */
export type {Progress} from './measure';
export type {RankOptions} from './options';
export {rankBackends} from './rank';
export type {Part, RankedBackend, Ranking, Source} from './ranking';
export type {BackendEntry, BackendReport, ReportOptions} from './report';
export {backendReport} from './report';
export type {Selection, SelectOptions} from './select';
export {selectBackend} from './select';
export type {Timing} from './stopwatch';
export type {Remember} from './storage';
export {exportWisdom, forgetWisdom, importWisdom} from './wisdom';
export type {Workload, WorkloadItem} from './workload';
