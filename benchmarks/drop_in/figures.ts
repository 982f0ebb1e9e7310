/** What is made of the times of several processes: quantiles, so that what else the machine does hardly shows. */
import type {Machine} from '../suite/report';
import {quantile} from '../suite/statistics';
import type {Times} from './measure';

/** Microseconds. */
export interface Figures {
  /** The first call of softmax in a process: compiling is part of it. The median over the processes. */
  first: number;
  /**
   * The mean of the early calls but the first; of each call the lower quartile over the processes. A single pause of a
   * millisecond weighs as much as all of these calls.
   */
  early: number;
  /** The median of the later calls. */
  warm: number;
  /** The same of the backward calls; null where there are none. */
  backwardEarly: number | null;
  backwardWarm: number | null;
  /** The median of the later steps. */
  step: number;
}

/** A file in benchmarks/results/drop_in. */
export interface DropInReport {
  results: DropInResult[];
}

export interface DropInResult {
  backend: string;
  program: string;
  machine: Machine;
  processes: number;
  stock: Figures;
  installed: Figures;
  /** Warm calls in processes that run both in turns. */
  inTurn: {stock: number; installed: number};
}

/** @param early how many calls are early ones */
export function figuresOf(processes: Times[], early: number): Figures {
  const forward = processes.map((times) => times.forward);
  const backward = processes.map((times) => times.backward).filter((times) => times.length > 0);
  const hasBackward = backward.length > 0;
  return {
    first: rounded(median(forward.map((calls) => calls[0]!))),
    early: earlyMean(forward, early),
    warm: warm(forward, early),
    backwardEarly: hasBackward ? earlyMean(backward, early) : null,
    backwardWarm: hasBackward ? warm(backward, early) : null,
    step: warm(
      processes.map(({whole}) => whole),
      early,
    ),
  };
}

function earlyMean(processes: number[][], early: number): number {
  const typical = processes[0]!.slice(1, early).map((_, i) =>
    quantile(
      processes.map((calls) => calls[i + 1]!),
      0.25,
    ),
  );
  return rounded(typical.reduce((a, b) => a + b, 0) / typical.length);
}

/** The median over the processes of the median call. */
export function warm(processes: number[][], early: number): number {
  return rounded(median(processes.map((calls) => median(calls.slice(early)))));
}

const median = (values: number[]) => quantile(values, 0.5);

const rounded = (value: number) => Number(value.toPrecision(4));
