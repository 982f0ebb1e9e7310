import {util} from '@tensorflow/tfjs-core';
import {checkElements, option, show} from '../../kernels/check';
import {resolveAxis, rowsAlong} from '../../kernels/rows';
import type {Rows} from '../engines/types';
import {OP_NAMES, type Op} from './ops';

/** One op on logits of one shape, as part of a workload. */
export interface WorkloadItem {
  /** The op; names that start with `grad` are a forward and a backward pass. */
  op: Op;
  /** The shape of the logits. */
  shape: readonly number[];
  /** The axis of the op, -1 by default. */
  axis?: number;
  /** How often it runs compared with the other items, 1 by default; its time is multiplied by it. */
  weight?: number;
  /**
   * The backend on which the data are, and on which the result is needed. Moving them to another backend and back is then
   * part of the time.
   */
  residency?: string;
}

/**
 * What should be fast: a function of the program, such as `() => model.predict(x)`, which is timed as a whole; or one or
 * more ops, which are weighed alone.
 *
 * A function is called many times on each backend, with copies of the program's tensors. It may return a promise. It must
 * not train, or dispose of existing tensors. Tensors that it makes are disposed of, as in `tf.tidy`.
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
