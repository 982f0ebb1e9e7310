import {hasOwnKernels} from '../registry';
import {type BackendCosts, type MoveCost, SHIPPED_COSTS} from './costs';
import {machine} from './machine';
import {takesVector} from './ops';
import {isSoftwareGpu} from './standing';
import type {Task} from './workload';

/** The figures that the cost model has for a backend here, by what the probe found. */
function costsOf(backend: string): BackendCosts {
  const {wasm} = machine();
  const {cpu, tensorflow, composed} = SHIPPED_COSTS;
  if (!hasOwnKernels(backend)) return composed;
  if (backend === 'webgl' || backend === 'webgpu') {
    return isSoftwareGpu(backend) ? SHIPPED_COSTS.softwareWebgl : SHIPPED_COSTS[backend];
  }
  if (backend === 'wasm') return wasm?.simd ? SHIPPED_COSTS.wasm : composed;
  return {cpu, tensorflow}[backend] ?? composed;
}

/** Milliseconds that a task takes on a backend where its data are, by the model. */
export function opMs({op, rows, elements}: Task, backend: string): number {
  const {fixed, row, element} = costsOf(backend).ops[op];
  return fixed * 1e-3 + (row * rows.outer * rows.inner + element * elements) * 1e-6;
}

/** Milliseconds that moving a task's data to a backend and the result back takes, by the model. */
export function moveMs(task: Task, backend: string): number {
  const {residency} = task;
  if (residency === null || residency === backend) return 0;
  const inputs = task.elements * (takesVector(task.op) ? 2 : 1);
  const result = task.op === 'logSumExp' ? task.rows.outer * task.rows.inner : task.elements;
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
  return `${fixed} µs + ${count} rows of ${rows.n} at ${row} ns a row and ${element} ns an element (${from})`;
}
