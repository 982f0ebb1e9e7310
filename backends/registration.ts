/** Registers the kernels with tfjs: on the backends of registry.ts, and composed of tfjs's ops on any other. */
import {backend as activeBackend, getBackend, getKernel, registerKernel} from '@tensorflow/tfjs-core';
import type {Kernel} from '../kernels/op';
import {ENGINE} from '../tfjs/engine';
import type {SoftmaxBackend} from './backend';
import {composedBackend} from './composed';
import * as registry from './registry';

const backends = new Map<string, SoftmaxBackend<never>>(Object.entries(registry));

let family: readonly Kernel[] = [];

/** Registers these kernels on every backend above. tfjs needs the backend itself only when one of them runs. */
export function registerKernels(kernels: readonly Kernel[]): void {
  family = kernels;
  for (const name of backends.keys()) registerOn(name);
}

/** Adds a backend that only some hosts have, and registers the kernels there. */
export function registerBackend(name: string, implementation: SoftmaxBackend<never>): void {
  backends.set(name, implementation);
  registerOn(name);
}

let isPreparing = false;

/** Has backends prepare their kernels: those that have started now, others when they start. */
export function prepareKernels(): void {
  isPreparing = true;
  for (const [name, implementation] of backends) {
    const backend = ENGINE.registry[name];
    if (backend) implementation.prepare?.(backend as never);
  }
}

/** Whether a tfjs backend has kernels here; others run the composed ones. */
export function hasOwnKernels(backendName: string): boolean {
  return backends.has(backendName);
}

/** Why tfjs's own ops are left as they are on a backend; null where `install()` routes them to kernels here. */
export function reasonForStock(backendName: string): string | null {
  const implementation = backends.get(backendName);
  if (!implementation) return 'there are no kernels for this backend';
  return implementation.detour?.() ?? null;
}

/** How a tfjs backend computes the family. */
export function implementationOn(backendName: string): SoftmaxBackend<never> {
  return backends.get(backendName) ?? composedBackend;
}

/** Backends known to have the family, so that an op need not look it up in tfjs's registry each time. */
const served = new Set<string>();

/** Makes sure that the active backend has the family: one without kernels here gets the composed ones. */
export function ensureKernels(): void {
  if (served.has(ENGINE.backendName)) return;
  activeBackend(); // starts the default backend if there is none yet, as tfjs does at the first op
  const name = getBackend();
  registerOn(name);
  served.add(name);
}

/** A second copy of this package in one program finds the kernels there already, and leaves them. */
function registerOn(backendName: string): void {
  const implementation = implementationOn(backendName);
  // tfjs calls it when the backend has started, and each time it becomes the active one.
  const setupFunc = (backend: object) => {
    if (isPreparing) implementation.prepare?.(backend as never);
  };
  for (const [i, {name: kernelName, on}] of family.entries()) {
    if (getKernel(kernelName, backendName) == null) {
      registerKernel({kernelName, backendName, kernelFunc: on(implementation), ...(i === 0 && {setupFunc})});
    }
  }
}
