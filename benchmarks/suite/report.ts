import type {Fault} from './check';
import type {OpName} from './ops';
import type {Missing} from './peer';
import type {Shape} from './shapes';
import type {Summary} from './statistics';
import type {Origin} from './workload';

/** What the suite found: plain data, as it stands in the JSON file. */
export interface Report {
  format: 1;
  /** False if it was stopped before its end; what is there is whole. */
  complete: boolean;
  machine: Machine;
  plan: Plan;
  backends: {name: string; runs: string}[];
  missing: Missing[];
  cases: Case[];
}

export interface Machine {
  date: string;
  processor: string;
  cores: number;
  /** Node or browser, with version. */
  runtime: string;
  system: string;
  gpu: string | null;
  /** A GPU that is a program on the processor: its times say nothing about a real one. */
  softwareGpu: boolean;
  versions: Record<string, string>;
  /** What was set, beyond the defaults. */
  flags: string[];
}

export interface Plan {
  ops: OpName[];
  shapes: Shape[];
  backends: string[];
  /** Those besides ours; a copy is always there. */
  peers: string[];
  /** Of the logits, such as `normal:3`. */
  distribution: string;
  /** Where the inputs come from. */
  inputs: Origin;
  /** For timing, all in all. */
  seconds: number;
}

/** One op on one shape and tfjs backend, everyone timed in turn. */
export interface Case {
  op: OpName;
  shape: Shape;
  backend: string;
  entries: Entry[];
}

export interface Entry {
  peer: string;
  /** Set where it did not count; then it has no times. */
  fault: Fault | null;
  /** Worst error of the results that were checked, in ULP. */
  ulp: number | null;
  /** The first call, compiling included. */
  firstCallMs: number | null;
  /** Draw calls of a warm call, on GPUs. */
  draws: number | null;
  /** Of one call. */
  ms: Summary | null;
  nsPerElement: number | null;
  /** Ideal traffic over time. */
  gbPerSecond: number | null;
  /** That, of what a copy reached in the same rounds. */
  percentOfCopy: number | null;
  /** Its time over ours, the median over rounds: above 1, ours is faster. */
  ratio: number | null;
  /** The same in the first and in the second half of the run. */
  halves: [number, number] | null;
}

/** Above this, two halves of a run disagree. */
export const NOISE_LIMIT = 0.15;
