/**
 * The two methods of tfjs's engine that calls are routed at, wrapped once for all copies of this package.
 *
 * A program may have several copies and versions of it, and strangers that wrap the same methods: spies, profilers. All of
 * them come and go in any order, and a wrapper that has a stranger's around it cannot be taken away. So that none is left
 * behind in each round, the copies share one list of routes, kept on the engine, and one wrapper a method: who installs
 * adds to the list, and the wrapper takes itself off when the list is empty. Inside a stranger's it waits, passing calls
 * on, and the next to install finds it there.
 */
import type {NamedAttrMap, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {type Engine, replaceMethod, sharedByCopies} from '../tfjs/engine';
import {shortestRun} from '../tfjs/shortest_run';
import type {CustomGradRoute, KernelRoute} from './route';

/** What one copy routes. */
export interface Routes {
  kernels: Readonly<Record<string, KernelRoute>>;
  customGrads: readonly CustomGradRoute[];
}

/** Under it copies of any version find what they share. Whoever changes what that means has to change the key. */
const KEY = Symbol.for('tfjs-softmax: routes, version 1');

/** What the copies share, on the engine. */
interface Shared {
  /** Of each copy that has installed, the last one last. */
  installed: Routes[];
  /** All of `installed` in one, where the last is asked first. Looked at in each call of the engine. */
  kernels: Record<string, KernelRoute>;
  customGrads: CustomGradRoute[];
  /** Told of what `customGrad` is called with, while somebody looks for a wrapper. */
  listener: ((f: unknown) => void) | null;
}

type Door = 'runKernel' | 'customGrad';

/** On a wrapper, under the same key. */
interface Wrapping {
  /** The function that has this: a stranger's proxy of it has it too. */
  wrapper: unknown;
  restore: () => void;
}

/** Routes calls of the engine. Idempotent; puts the wrappers back where a stranger has thrown them out. */
export function addRoutes(tfjs: Engine, routes: Routes): void {
  const all = sharedRoutes();
  if (!all.installed.includes(routes)) setInstalled(all, [...all.installed, routes]);
  if (!isWrapped(tfjs, 'runKernel', all)) wrapRunKernel(tfjs, all);
  if (!isWrapped(tfjs, 'customGrad', all)) wrapCustomGrad(tfjs, all);
}

/** Takes the routes away. With the last ones go the wrappers, now or when no stranger's is around them. */
export function removeRoutes(tfjs: Engine, routes: Routes): void {
  const all = sharedRoutes();
  const others = all.installed.filter((one) => one !== routes);
  setInstalled(all, others);
  if (others.length > 0) return;
  takeOff(tfjs, 'runKernel');
  takeOff(tfjs, 'customGrad');
}

function sharedRoutes(): Shared {
  return sharedByCopies<Shared>(KEY, {installed: [], kernels: Object.create(null), customGrads: [], listener: null});
}

function setInstalled(shared: Shared, installed: Routes[]): void {
  const kernels: Record<string, KernelRoute> = Object.create(null);
  for (const routes of installed) {
    for (const [name, route] of Object.entries(routes.kernels)) {
      const earlier = kernels[name];
      kernels[name] = earlier
        ? (inputs, attrs, run) => route(inputs, attrs, run) ?? earlier(inputs, attrs, run)
        : route;
    }
  }
  const customGrads = installed.flatMap((routes) => routes.customGrads).reverse();
  Object.assign(shared, {installed, kernels, customGrads});
}

function wrapRunKernel(tfjs: Engine, shared: Shared): void {
  const previous = tfjs.runKernel;
  const run = shortestRun(tfjs, previous);
  putOn(tfjs, 'runKernel', function runKernel<
    T extends Tensor | Tensor[],
  >(this: Engine, kernelName: string, inputs: NamedTensorMap, attrs?: NamedAttrMap): T {
    const route = shared.kernels[kernelName];
    if (route !== undefined && this.state === tfjs.state) {
      const ours = route(inputs, attrs ?? {}, run);
      if (ours) return ours as T;
    }
    if (shared.installed.length === 0) takeOff(tfjs, 'runKernel');
    return previous.call(this, kernelName, inputs, attrs) as T;
  });
}

function wrapCustomGrad(tfjs: Engine, shared: Shared): void {
  const previous = tfjs.customGrad;
  putOn(tfjs, 'customGrad', function customGrad<
    T extends Tensor,
  >(this: Engine, f: Parameters<typeof previous<T>>[0]): ReturnType<typeof previous<T>> {
    shared.listener?.(f);
    if (shared.installed.length === 0) takeOff(tfjs, 'customGrad');
    const stock = previous.call(this, f as never) as ReturnType<typeof previous<T>>;
    if (this.state !== tfjs.state) return stock;
    return (...inputs) => {
      for (const route of shared.customGrads) {
        const ours = route(tfjs, inputs as Tensor[]);
        if (ours) return ours as T;
      }
      return stock(...inputs);
    };
  });
}

function putOn<K extends Door>(tfjs: Engine, door: K, wrapper: Engine[K]): void {
  const wrapping: Wrapping = {wrapper, restore: replaceMethod(tfjs, door, wrapper)};
  Object.defineProperty(wrapper, KEY, {value: wrapping});
}

/** Takes wrappers off from the outside; one inside a stranger's stays. */
function takeOff(tfjs: Engine, door: Door): void {
  for (let wrapping = wrappingOf(tfjs[door]); wrapping !== null; wrapping = wrappingOf(tfjs[door])) {
    wrapping.restore();
  }
}

/** No kernel's name, and no backend's. */
const PROBE = 'tfjs-softmax looks for its wrapper';

/** Whether calls reach a wrapper of ours. Where a stranger's is outermost, a call that only ours answers tells. */
function isWrapped(tfjs: Engine, door: Door, shared: Shared): boolean {
  if (wrappingOf(tfjs[door]) !== null) return true;
  let found = false;
  const question = () => {
    throw new Error(PROBE);
  };
  shared.kernels[PROBE] = () => {
    found = true;
    return [] as never; // no tensors, which runKernel may give
  };
  shared.listener = (f) => {
    if (f === question) found = true;
  };
  // A copy of the engine, on a backend that does not exist: tfjs refuses the call before it starts or computes anything.
  const own = {...Object.getOwnPropertyDescriptors(tfjs), backendName: {value: PROBE}};
  const nowhere = Object.create(Object.getPrototypeOf(tfjs), own);
  try {
    const method = tfjs[door] as (this: Engine, what: unknown, inputs: object) => unknown;
    method.call(nowhere, door === 'runKernel' ? PROBE : question, {});
  } catch {
    // nobody has answered
  } finally {
    delete shared.kernels[PROBE];
    shared.listener = null;
  }
  return found;
}

/** Null for a function that is no wrapper of this package. */
function wrappingOf(method: unknown): Wrapping | null {
  const wrapping = (method as {[KEY]?: Wrapping})[KEY];
  return wrapping !== undefined && wrapping.wrapper === method ? wrapping : null;
}
