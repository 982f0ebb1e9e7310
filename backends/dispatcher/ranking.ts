import type {Timing} from './stopwatch';
import type {WorkloadItem} from './workload';

/** Where a time comes from: measured in this call, measured earlier, or the cost model. */
export type Source = 'measured' | 'remembered' | 'estimated';

/** The figures of one backend for one item of the workload. */
export interface Part {
  /** The op of the item; `function` for a function. */
  op: WorkloadItem['op'] | 'function';
  /** The shape of the logits; empty for a function. */
  shape: number[];
  /** The axis of the op, counted from 0. */
  axis: number;
  /** The weight of the item, by which its times are multiplied. */
  weight: number;
  /** Milliseconds of one call, without moving data; null for a function if nothing is known. */
  opMs: number | null;
  /** Milliseconds to move the data there and the result back, by the cost model; 0 if they are already there. */
  moveMs: number;
  /** Where `opMs` comes from. */
  source: Source;
  /** How the time was obtained, as text. */
  from: string;
  /** The samples, if the time was measured or remembered. */
  timing: Timing | null;
  /** Milliseconds of the first call, which compiles and moves weights, if it was measured now. */
  firstMs: number | null;
}

/** A candidate with its figures. */
export interface RankedBackend {
  /** The name that tfjs uses. */
  backend: string;
  /** Why it is ruled out; null if it can be chosen. */
  out: string | null;
  /**
   * Why it has not been measured yet although it may start later. It then keeps its estimate, and a later ranking may
   * measure it.
   */
  late: string | null;
  /**
   * Milliseconds for the workload: the sum of the parts times their weights. With `calls` it is the mean over that many
   * calls, including the first. Null if the backend is ruled out, or nothing is known about it.
   */
  ms: number | null;
  /** Whether it is a GPU simulated on the CPU. For ops it comes after all other backends that can run. */
  software: boolean;
  /** One for each item of the workload; empty if the backend is ruled out. */
  parts: Part[];
}

/** All candidates with their figures. `toString()` returns a table; as JSON it is the plain figures. */
export interface Ranking {
  /** How the candidates were ranked. */
  mode: 'estimate' | 'measure';
  /** The first of `candidates`; null if none can run. */
  best: string | null;
  /** Why it is the best, as text. */
  why: string;
  /** What was weighed, as text: a function's whole run, or ops alone. */
  weighed: string;
  /** The best first, then by time; those that are ruled out last. */
  candidates: RankedBackend[];
  /** What did not go as asked, as text: for example a budget that was too short, or wisdom that could not be used. */
  notes: string[];
  /** The ranking as a readable table. */
  toString(): string;
}
