import type {Checked} from './candidate';
import type {OpName} from './ops';
import type {Missing} from './peer';
import type {Shape} from './shapes';
import type {Origin} from './workload';

/** What the suite found: plain data, as it stands in the JSON file. */
export interface Report {
  format: 2;
  /** False if it was stopped before its end; what is there is whole. */
  complete: boolean;
  machine: Machine;
  plan: Plan;
  backends: BackendFacts[];
  /** Of libraries beside tfjs, what proves that they are what ran. */
  peers: PeerIdentity[];
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

export interface BackendFacts {
  name: string;
  /** What of this package runs there, in words. */
  runs: string;
  /** On how many threads it can be told to run at most; null where that is not ours to say. */
  mostThreads: number | null;
}

/** Who a peer was, as seen in the run: it is refused where two look the same. */
export interface PeerIdentity {
  name: string;
  /** The npm package, */
  package: string;
  version: string;
  /** what of it computed, as far as it tells, such as `wasm`, */
  provider: string;
  /** where, such as `process 4711`, */
  ran: string;
  /** and a hash of the bits of its results for fixed logits, which no two implementations round alike. */
  rounding: string;
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
  /** How many threads, on the backends that can be told: each of these is a case of its own. */
  threads: number[];
  /** For timing, all in all. */
  seconds: number;
}

/** One op on one shape, tfjs backend and number of threads, everyone timed in turn. */
export interface Case {
  op: OpName;
  shape: Shape;
  backend: string;
  /** Null where the backend decides. */
  threads: number | null;
  entries: Entry[];
}

export interface Entry extends Checked {
  peer: string;
  /** Of one call; the band is missing where only a median was kept. */
  ms: {median: number; p20: number | null; p80: number | null; samples: number} | null;
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
