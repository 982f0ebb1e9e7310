import {util} from '@tensorflow/tfjs-core';
import {checkElements, option, show} from '../../kernels/check';
import {resolveAxis, rowsAlong} from '../../kernels/rows';
import type {Rows} from '../engines/types';
import {OP_NAMES, type Op} from './ops';

/** One op on one shape of logits, as a part of what a program does. */
export interface WorkloadItem {
  /** Which op; those that begin with `grad` are a forward and a backward pass. */
  op: Op;
  /** The shape of the logits. */
  shape: readonly number[];
  /** The axis of the op, -1 by default. */
  axis?: number;
  /** How often it runs beside the other items, 1 by default: times are multiplied by it. */
  weight?: number;
  /**
   * The backend where the data are and where the result is wanted, if that will not be the chosen one: then moving them
   * there and back counts.
   */
  residency?: string;
}

/**
 * What is to be fast: a function of the program, such as `() => model.predict(x)`, whose whole run is timed; or one op or
 * several, which are weighed alone.
 *
 * A function is called many times, on one backend after the other, with the program's tensors in reach on each. It may return
 * a promise. It must not train, nor dispose of what was there before it; what it makes itself is disposed of, as by `tf.tidy`.
 */
export type Workload = WorkloadItem | readonly WorkloadItem[] | (() => unknown);

/** An item whose defaults are filled in, and its shape seen along the axis. */
export interface Task {
  op: Op;
  shape: number[];
  axis: number;
  weight: number;
  residency: string | null;
  rows: Rows;
  elements: number;
}

/** @throws if there is nothing in the workload, or an item is not one; says which, and what is allowed */
export function tasksOf(workload: Exclude<Workload, () => unknown>): Task[] {
  const items = Array.isArray(workload) ? workload : [workload];
  if (items.length === 0) throw new Error('workload: it is empty. Name at least one {op, shape}.');
  const tasks = items.map(taskOf);
  if (tasks.every(({weight}) => weight === 0)) throw new Error('workload: all weights are 0. One must be positive.');
  return tasks;
}

function taskOf(item: WorkloadItem): Task {
  const given = Object(item) as Partial<WorkloadItem>;
  const op = option(given, 'op', undefined);
  const axis = option(given, 'axis', -1);
  const weight = option(given, 'weight', 1);
  const residency = option(given, 'residency', null);
  const lengths = option(given, 'shape', undefined);
  if (op === undefined || !OP_NAMES.includes(op)) {
    throw new Error(`workload: there is no op ${show(op)}. Allowed are ${OP_NAMES.join(', ')}.`);
  }
  // A copy: holes become undefined, and whoever changes theirs later does not change this one.
  const shape = Array.isArray(lengths) ? Array.from(lengths as number[]) : null;
  if (!shape?.every((d) => Number.isSafeInteger(d) && d >= 0)) {
    throw new Error(
      `workload: the shape of ${op} is ${shape ? `[${shape.map(show)}]` : show(lengths)}. It must be an array of whole numbers from 0.`,
    );
  }
  if (typeof weight !== 'number' || !(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
    throw new Error(`workload: the weight of ${op} is ${show(weight)}. It must be a finite number from 0.`);
  }
  if (residency !== null && typeof residency !== 'string') {
    throw new Error(`workload: the residency of ${op} is ${show(residency)}. It must be the name of a backend.`);
  }
  checkElements('workload', `${op} of logits`, shape);
  const resolved = resolveAxis(op, axis, shape);
  const elements = util.sizeFromShape(shape);
  return {op, shape, axis: resolved, weight, residency, rows: rowsAlong(shape, resolved), elements};
}

/** For people: `softmax 64x1000`, with the axis if it is not the last. */
export function label({op, shape, axis}: Task): string {
  const size = shape.length > 0 ? shape.join('x') : 'scalar';
  return axis === Math.max(shape.length, 1) - 1 ? `${op} ${size}` : `${op} ${size} axis ${axis}`;
}
