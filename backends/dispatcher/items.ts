/** The parts of a workload, ops or a function, as what ranks backends sees them. */
import {engine} from '@tensorflow/tfjs-core';
import {costInWords, modelFactor, moveMs, opMs} from './cost';
import {PACKAGES} from './facts';
import {FunctionJob} from './function_job';
import {OpJob} from './op_job';
import type {Settings} from './options';
import type {Job, Known} from './race';
import type {Part} from './ranking';
import {type ByBackend, functionOf, ofBackend, recall, remember} from './recall';
import type {Stopwatch} from './stopwatch';
import {putFunction} from './wisdom';
import type {Remembered} from './wisdom_schema';
import {label, type Task, tasksOf, type Workload} from './workload';

/** One part of a workload. */
export interface Item {
  /** For people. */
  readonly label: string;
  /** Where the data are and the result is wanted, if that is not the chosen backend. */
  readonly residency: string | null;
  /**
   * Whether it is an op of this package: it needs the kernels, which a function may never call; and a GPU that is a program on
   * the CPU comes last whatever was measured, since an op alone hides what that costs the rest.
   */
  readonly needsFamily: boolean;
  /** Of the `Part` that describes it. */
  readonly description: Pick<Part, 'op' | 'shape' | 'axis' | 'weight'>;
  moveMs(backend: string): number;
  /** What was measured before of this or of one like it. */
  recall(backend: string): Remembered | null;
  remember(backends: ByBackend): void;
  /**
   * @param known what is known of others in this ranking
   * @param scaled whether what was measured on this machine counts
   * @returns milliseconds, or null where nothing is known, and what they are made of
   */
  estimate(backend: string, known: readonly Known[], scaled: boolean): {ms: number | null; from: string};
  /** Moves what it needs to a backend that was made the active one, if tfjs could not. */
  bringTo?(backend: string): Promise<void>;
  job(settings: Settings, stopwatch: Stopwatch, onNote: (text: string) => void): Job;
}

/** What a workload weighs, for people. */
export function weighed(items: readonly Item[], calls: number | null): string {
  const first = calls === null ? '' : `, the first of ${calls} ${calls === 1 ? 'call' : 'calls'} included`;
  if (items.some(({needsFamily}) => !needsFamily)) return `the function's whole run${first}`;
  const parts = items.map(({label, description: {weight}}) => (weight === 1 ? label : `${weight} x ${label}`));
  return `${parts.join(' + ')} alone${first}`;
}

/** @throws if there is nothing in the workload, or an item is not one; says which, and what is allowed */
export function itemsOf(workload: Workload, name: string | null): Item[] {
  if (typeof workload === 'function') return [functionItem(workload, name)];
  const tasks = tasksOf(workload);
  const known = [...new Set([...engine().backendNames(), ...PACKAGES.keys()])];
  for (const {residency} of tasks) {
    if (residency !== null && !known.includes(residency)) {
      throw new Error(`residency is ${residency}, but there is no such backend. Allowed are ${known.join(', ')}.`);
    }
  }
  return tasks.map(opItem);
}

function opItem(task: Task): Item {
  const {op, shape, axis, weight, residency} = task;
  return {
    ...{label: label(task), residency, needsFamily: true},
    description: {op, shape, axis, weight},
    moveMs: (backend) => moveMs(task, backend),
    recall: (backend) => ofBackend(recall(task), backend),
    remember: (backends) => remember(task, backends),
    estimate: (backend, _, scaled) => ({
      ms: opMs(task, backend, scaled),
      from: costInWords(task, backend, scaled),
    }),
    job: (_, stopwatch) => new OpJob(task, stopwatch),
  };
}

function functionItem(run: () => unknown, name: string | null): Item {
  let last: FunctionJob | undefined;
  return {
    ...{label: 'the function', residency: null, needsFamily: false},
    description: {op: 'function', shape: [], axis: 0, weight: 1},
    moveMs: () => 0,
    recall: (backend) => (name === null ? null : ofBackend(functionOf(name), backend)),
    remember: (backends) => {
      if (name !== null) putFunction(name, backends);
    },
    estimate: (backend, known) => estimateOfModel(backend, known),
    bringTo: async (backend) => last?.bringTo(backend),
    job: ({startLimitMs, tolerance}, stopwatch, onNote) => {
      last = new FunctionJob(run, {stopwatch, onNote, limitMs: startLimitMs, tolerance});
      return last;
    },
  };
}

/** A function is nothing that one could know beforehand; but how whole models do on one backend says something of another. */
function estimateOfModel(backend: string, known: readonly Known[]) {
  const [best] = [...known].sort((a, b) => a.ms - b.ms);
  if (!best) return {ms: null, from: 'nothing is known of a function that was not run'};
  const factor = modelFactor(backend) / modelFactor(best.backend);
  return {ms: best.ms * factor, from: `${factor.toPrecision(2)} times ${best.backend}'s, as whole models take about`};
}
