/** The cost model: what an op and the moving of its data take, as sums of figures that costs.json has. */
import {REFERENCE} from '../../kernels/reference_table';
import {hasOwnKernels, reasonForStock} from '../registration';
import costs from './costs.json';
import {factsOf, isSoftwareGpu, onThreads, threadsOf} from './facts';
import {machine} from './machine';
import type {Op} from './ops';
import {probeOf} from './recall';
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
  /** How long whole models take, as times of wasm's. */
  model: number;
  /**
   * The part of what rows and elements take that does not become less by threads; without it, all. That of wasm is from 16 cores
   * of an Intel Xeon, 2026-11-26: with 2, 4, 8 and 15 threads large shapes took 1/2.0, 1/3.7, 1/6.2 and 1/9 of the time.
   */
  undivided?: number;
}

/**
 * The figures to begin with, by tfjs's name of the backend; of a GPU that is a program on the CPU, with ` in software`, of one
 * in a phone, ` on a phone`; `composed` for ops composed of tfjs's on the CPU, `composed on a GPU` there. Each says where it was
 * measured, by benchmarks/cost_model.ts or benchmarks/gpu, or that it is assumed.
 *
 * Machines differ, but backends of one machine differ in about the same ratios; the probe tells where they do not.
 */
const COSTS: Record<string, BackendCosts> = costs;

/** Microseconds that it takes to hand work to other threads and to wait for the last; less is not divided. */
const HANDING_OVER = 6;

/** How far the probe may scale figures: more is a clock that was wrong. */
const MOST_SCALING = 30;

function softmaxOf(outer: number, n: number): Task {
  return {
    ...{op: 'softmax', shape: [outer, n], axis: 1, weight: 1, residency: null},
    ...{rows: {outer, n, inner: 1}, elements: outer * n},
  };
}

/** What the probe times: all but nothing, for what a call costs, and 1 MiB, for what an element does. */
export const SMALL_PROBE = softmaxOf(1, 4);
export const LARGE_PROBE = softmaxOf(256, 1024);

/** What to multiply the figures by, as the probe found. */
interface Scaling {
  /** Of what a call costs, whatever its size. */
  call: number;
  /** Of what an element costs. */
  element: number;
}

/** The figures for a backend here. Without kernels of its own it has those of composed ops. */
function costsOf(backend: string): BackendCosts {
  if (!isComposed(backend)) return ownCostsOf(backend);
  // On a GPU that is a program, arithmetic is the cost.
  return COSTS[factsOf(backend)?.gpu && !isSoftwareGpu(backend) ? 'composed on a GPU' : 'composed']!;
}

/** The same where the family is not composed, and for what is not of the family. */
function ownCostsOf(backend: string): BackendCosts {
  if (isSoftwareGpu(backend)) return COSTS[`${backend} in software`] ?? COSTS['webgl in software']!;
  const onPhone = machine().gpu?.mobile ? COSTS[`${backend} on a phone`] : undefined;
  return onPhone ?? (Object.hasOwn(COSTS, backend) ? COSTS[backend]! : COSTS.composed!);
}

/** Whether the family is composed of tfjs's ops there, or takes as long as if it were. */
function isComposed(backend: string): boolean {
  const {wasm, gpu} = machine();
  const has = {SIMD: wasm?.simd ?? false, 'WebGL 2': gpu?.webglVersion !== 1};
  const wants = factsOf(backend)?.wants;
  return reasonForStock(backend) !== null || (wants !== undefined && !has[wants]);
}

const UNSCALED: Scaling = {call: 1, element: 1};

/** @param scaled whether what was measured here counts; without, the shipped figures alone do */
function scalingOf(backend: string, scaled: boolean): Scaling {
  const probe = scaled ? probeOf(backend) : undefined;
  if (!probe) return UNSCALED;
  const small = opMs(SMALL_PROBE, backend, false);
  const large = opMs(LARGE_PROBE, backend, false);
  return {call: within(probe.smallMs / small), element: within((probe.largeMs - probe.smallMs) / (large - small))};
}

function within(factor: number): number {
  return factor > 0 ? Math.min(Math.max(factor, 1 / MOST_SCALING), MOST_SCALING) : 1 / MOST_SCALING;
}

/** What work takes that is divided among the threads of a backend, where that is less. */
function dividedMs(backend: string, ms: number): number {
  const {undivided = 1} = costsOf(backend);
  return Math.min(ms, ms * (undivided + (1 - undivided) / threadsOf(backend)) + HANDING_OVER * 1e-3);
}

/**
 * Milliseconds that a task takes on a backend where its data are, by the model.
 *
 * @param scaled whether what was measured on this machine scales the shipped figures
 */
export function opMs({op, rows, elements}: Task, backend: string, scaled = true): number {
  const {fixed, row, element} = costsOf(backend).ops[op];
  const scaling = scalingOf(backend, scaled);
  const ms = (row * rows.outer * rows.inner + element * elements) * scaling.element * 1e-6;
  return fixed * scaling.call * 1e-3 + dividedMs(backend, ms);
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

/** How long whole models take on a backend, by the model, as times of what they take on wasm. */
export function modelFactor(backend: string): number {
  return ownCostsOf(backend).model;
}

function transferMs(source: string, target: string, elements: number): number {
  const paths = [costsOf(source).download, costsOf(target).upload];
  return paths.reduce((ms, {fixed, element}) => ms + fixed * 1e-3 + element * elements * 1e-6, 0);
}

/** What the model adds up for a task on a backend, for people. */
export function costInWords({op, rows}: Task, backend: string, scaled = true): string {
  const {ops, from, undivided = 1} = costsOf(backend);
  const {fixed, row, element} = ops[op];
  const count = rows.outer * rows.inner;
  const reason = hasOwnKernels(backend) ? reasonForStock(backend) : null;
  const {call, element: size} = scalingOf(backend, scaled);
  const here =
    call === 1 && size === 1
      ? ''
      : `; scaled by a probe: calls ${call.toPrecision(2)}, elements ${size.toPrecision(2)}`;
  const threads = undivided < 1 ? onThreads(backend) : '';
  const figures = `${fixed} µs + ${count} rows of ${rows.n} at ${row} ns per row and ${element} ns per element${threads} (${from}${here})`;
  return reason === null ? figures : `${figures}; ${reason}`;
}
