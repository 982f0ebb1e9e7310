import type {Timing} from './stopwatch';
import type {WorkloadItem} from './workload';

/** Where a time comes from: timed in this call, timed before, or the cost model. */
export type Source = 'measured' | 'remembered' | 'estimated';

/** What a backend does in one item of the workload. */
export interface Part {
  /** Of the item, as are the next three; `function` for a function. */
  op: WorkloadItem['op'] | 'function';
  /** Of the logits; empty for a function. */
  shape: number[];
  /** From 0. */
  axis: number;
  /** Times are multiplied by it. */
  weight: number;
  /** Milliseconds of one call, without moving; null of a function of which nothing is known there. */
  opMs: number | null;
  /** Milliseconds of moving the data there and the result back, by the cost model; 0 where they are there. */
  moveMs: number;
  /** Where `opMs` comes from. */
  source: Source;
  /** What the time was made of and where that comes from, for people. */
  from: string;
  /** Of measured and remembered times. */
  timing: Timing | null;
  /** Milliseconds of the first call, with its compiling and moving of weights, if that was measured now. */
  firstMs: number | null;
}

/** A candidate with its figures. */
export interface RankedBackend {
  /** tfjs's name of it. */
  backend: string;
  /** Why it cannot be chosen; null if it can. */
  out: string | null;
  /** Why it has not started yet, though it may; then it keeps its estimate, and a later ranking may measure it. */
  late: string | null;
  /**
   * Milliseconds for the workload: the parts times their weights. With `calls` that is the mean of so many calls, the first with
   * its compiling among them. Null for one that is out, or of which nothing is known.
   */
  ms: number | null;
  /** Whether it is a GPU that is a program on the CPU: for an op it comes after all others that can run. */
  software: boolean;
  /** One for each item of the workload; none for one that is out. */
  parts: Part[];
}

/** All candidates with their figures. `toString()` is a table for people; as JSON it is the plain figures. */
export interface Ranking {
  /** How it was ranked. */
  mode: 'estimate' | 'measure';
  /** The first of `candidates`; null if none can run. */
  best: string | null;
  /** Why that one, for people. */
  why: string;
  /** What was weighed, for people: a function's whole run, or ops alone. */
  weighed: string;
  /** The best first, then by time, those that are out last. */
  candidates: RankedBackend[];
  /** What did not go as asked, for people: a budget that was too short, wisdom that could not be used. */
  notes: string[];
  /** A table for people. */
  toString(): string;
}
