/** How the tensors of a backend object are reached: our kernels on its memory, and threads that share it. */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {heapValues, memoryOf, threadsCountOf} from '../../tfjs/wasm_memory';
import type {ForwardKind} from '../engines/types';
import {compileAhead, isShared, isWorthWaiting, type Kernel, type Kernels, kernelsOn} from '../engines/wasm/module';
import type {Plan} from '../engines/wasm/plan';
import {Pool} from './pool';

/** The kernels on a backend's memory, or what keeps them from it. */
export type Access = Open | {kernels: null; pool: null; obstacle: string; last: null};

export interface Open {
  kernels: Kernels;
  pool: Pool;
  obstacle: null;
  /** The small forward pass that was last planned here, with its kernel: see forward.ts. */
  last: {kind: ForwardKind; plan: Plan; kernel: Kernel} | null;
}

/** One instance for each backend object: a new one has a new memory. */
let accesses = new WeakMap<BackendWasm, Access>();
/** The pools, to be ended with their backends; nothing here holds one for long. */
const pools = new Map<Pool, WeakRef<BackendWasm>>();
const registry = typeof FinalizationRegistry === 'undefined' ? null : new FinalizationRegistry(stopOfRemoved);

/** The access that was asked for last, so that a call need not look it up. */
let last: {backend: BackendWasm; access: Access} | null = null;

const NOT_YET = closed('the kernels are being compiled');

/** @param x what is to be computed on, if anything: that may not be worth compiling for, see `isWorthWaiting` */
export function accessTo(backend: BackendWasm, x?: TensorInfo): Access {
  if (last?.backend === backend) return last.access;
  let access = accesses.get(backend);
  if (!access) {
    if (x && isYetToCompile(backend, x)) return NOT_YET;
    access = open(backend);
    accesses.set(backend, access);
  }
  last = {backend, access};
  return access;
}

/** Compiles the kernels without blocking, and makes their instance, so that no first call has to. */
export function prepare(backend: BackendWasm): void {
  const memory = memoryOf(backend);
  if (memory) compileAhead(isShared(memory), () => accessTo(backend));
}

/** Whether the kernels run on the backend's own memory. */
export function runsInPlace(backend: BackendWasm): boolean {
  return accessTo(backend).kernels !== null;
}

/** The next call makes instances anew. */
export function forgetInstances(): void {
  for (const pool of pools.keys()) pool.stop();
  pools.clear();
  accesses = new WeakMap();
  last = null;
}

function isYetToCompile(backend: BackendWasm, {shape}: TensorInfo): boolean {
  const memory = memoryOf(backend);
  return memory !== null && isWorthWaiting(util.sizeFromShape(shape), isShared(memory));
}

function open(backend: BackendWasm): Access {
  stopOfRemoved();
  try {
    const memory = memoryOf(backend);
    if (!memory) return closed('this version of tfjs keeps its memory to itself');
    const kernels = kernelsOn(memory);
    const pool = new Pool(kernels, threadsCountOf(backend), stopOfRemoved);
    pools.set(pool, new WeakRef(backend));
    registry?.register(backend, undefined);
    return {kernels, pool, obstacle: null, last: null};
  } catch (error) {
    return closed(error instanceof Error ? error.message : String(error));
  }
}

function closed(obstacle: string): Access {
  return {kernels: null, pool: null, obstacle, last: null};
}

/** Ends the threads of backends that tfjs has removed. Called when one starts, when threads idle, and by the garbage collector. */
function stopOfRemoved(): void {
  if (last && !last.backend.wasm) last = null;
  for (const [pool, reference] of pools) {
    if (reference.deref()?.wasm) continue;
    pool.stop();
    pools.delete(pool);
  }
}

/** Where a tensor's values lie. Beyond 2 GiB tfjs may hand out the address as a negative number. */
export function pointer({dataId}: TensorInfo, backend: BackendWasm): number {
  return backend.dataIdMap.get(dataId).memoryOffset >>> 0;
}

export function valuesOf<D extends 'float32' | 'int32' | 'bool'>(tensor: TensorInfo, dtype: D, backend: BackendWasm) {
  return heapValues(backend, pointer(tensor, backend), util.sizeFromShape(tensor.shape), dtype);
}
