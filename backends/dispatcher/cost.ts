/** The cost model: what an op and the moving of its data take, as sums of figures that costs.json has. */
import {REFERENCE} from '../../kernels/reference_table';
import {hasOwnKernels, reasonForStock} from '../registration';
import costs from './costs.json';
import {factsOf, isSoftwareGpu} from './facts';
import {machine} from './machine';
import type {Op} from './ops';
import type {Task} from './workload';

/** What a call of an op costs: fixed + row · rows + element · elements. */
export interface OpCost {
  /** Microseconds. */
  fixed: number;
  /** Nanoseconds a row. */
  row: number;
  /** Nanoseconds an element. */
  element: number;
}

/** Moving values from an array to a backend or back: fixed + element · elements. */
export type MoveCost = Omit<OpCost, 'row'>;

export interface BackendCosts {
  /** Where the figures come from, for people. */
  from: string;
  ops: Record<Op, OpCost>;
  upload: MoveCost;
  download: MoveCost;
  /** Milliseconds that the first call of an op takes beyond others: compiling. */
  firstCall: number;
}

/**
 * The figures to begin with, by tfjs's name of the backend; of a GPU that is a program on the CPU, with ` in software`. They
 * are made by benchmarks/cost_model.ts, but for two things. Moves by which nothing is copied cost nothing. And of a GPU in
 * hardware there was none to measure: three passes over memory at 100 GB/s, as a laptop's has, and a wait of some tenths of a
 * millisecond for each result; a gradient takes twice that.
 *
 * Machines differ, but backends of one machine differ in about the same ratios; where they do not, measuring tells.
 */
const COSTS: Record<string, BackendCosts> = costs;

/** The figures for a backend here, by what the probe found. Without kernels of its own it has those of composed ops. */
function costsOf(backend: string): BackendCosts {
  const {wasm, gpu} = machine();
  const has = {SIMD: wasm?.simd ?? false, 'WebGL 2': gpu?.webglVersion !== 1};
  const wants = factsOf(backend)?.wants;
  if (reasonForStock(backend) !== null || (wants && !has[wants])) return costs.composed;
  // On a GPU that is a program, arithmetic is the cost, and webgpu's is about that of webgl.
  const name = isSoftwareGpu(backend) ? 'webgl in software' : backend;
  return Object.hasOwn(COSTS, name) ? COSTS[name]! : costs.composed;
}

/** Milliseconds that a task takes on a backend where its data are, by the model. */
export function opMs({op, rows, elements}: Task, backend: string): number {
  const {fixed, row, element} = costsOf(backend).ops[op];
  return fixed * 1e-3 + (row * rows.outer * rows.inner + element * elements) * 1e-6;
}

/** Milliseconds that moving a task's data to a backend and the result back takes, by the model. */
export function moveMs(task: Task, backend: string): number {
  const {op, residency, rows, elements} = task;
  if (residency === null || residency === backend) return 0;
  const {takesVector, perRow} = REFERENCE[op];
  const inputs = elements * (takesVector ? 2 : 1);
  const result = perRow ? rows.outer * rows.inner : elements;
  return transferMs(residency, backend, inputs) + transferMs(backend, residency, result);
}

/** Milliseconds beyond those of a later call that the first one takes, by the model: compiling. */
export function firstCallMs(backend: string): number {
  return costsOf(backend).firstCall;
}

function transferMs(source: string, target: string, elements: number): number {
  return pathMs(costsOf(source).download, elements) + pathMs(costsOf(target).upload, elements);
}

function pathMs({fixed, element}: MoveCost, elements: number): number {
  return fixed * 1e-3 + element * elements * 1e-6;
}

/** What the model adds up for a task on a backend, for people. */
export function costInWords({op, rows}: Task, backend: string): string {
  const {ops, from} = costsOf(backend);
  const {fixed, row, element} = ops[op];
  const count = rows.outer * rows.inner;
  const reason = hasOwnKernels(backend) ? reasonForStock(backend) : null;
  const figures = `${fixed} µs + ${count} rows of ${rows.n} at ${row} ns a row and ${element} ns an element (${from})`;
  return reason === null ? figures : `${figures}; ${reason}`;
}
