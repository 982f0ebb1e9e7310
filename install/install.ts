import type {NamedAttrMap, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {engine} from '@tensorflow/tfjs-core';
import {hasOwnKernels, reasonForStock} from '../backends/registry';
import type {Engine, KernelRoute, Route} from './route';
import {crossEntropyRoute} from './routes/cross_entropy';
import {logSoftmaxRoute} from './routes/log_softmax';
import {logSumExpRoute} from './routes/log_sum_exp';
import {softmaxRoute} from './routes/softmax';

/** What `install()` did. */
export interface InstallReport {
  /** The tfjs ops that now run kernels of this package, on the backends that have them. */
  routed: string[];
  /** What stayed as it was, and why. */
  notRouted: {
    /** The tfjs op; with `on` and a backend where it stays only there. */
    name: string;
    /** What it would take that this version of tfjs does not have, or why that backend is better served by its own. */
    reason: string;
  }[];
}

const ROUTES: Route[] = [softmaxRoute, logSoftmaxRoute, logSumExpRoute, crossEntropyRoute];

let installed: {report: InstallReport; remove: () => void} | undefined;

/**
 * Makes `tf.softmax`, `tf.logSoftmax`, `tf.logSumExp`, `tf.losses.softmaxCrossEntropy` and what is built on them (methods
 * of tensors, tfjs-layers, graph models) run the kernels of this package and their gradients, on the backends that have
 * them. Twice is once.
 *
 * All of these go through two doors of `tf.engine()`, runKernel and customGrad, and every copy of tfjs-core in a program
 * shares that engine. That is where calls are routed: so it does not matter which package loads first, or whether a
 * model was loaded before, and tfjs's registries stay as they are.
 *
 * @returns what is routed, and what is not and why, as far as the backends that have started tell; the same each time
 *   until `uninstall()`
 */
export function install(): InstallReport {
  installed ??= routeCalls(engine());
  return installed.report;
}

/** Takes back what `install()` did: what was there before is there again, the same objects. Twice is once. */
export function uninstall(): void {
  installed?.remove();
  installed = undefined;
}

function routeCalls(tfjs: Engine): {report: InstallReport; remove: () => void} {
  const report: InstallReport = {routed: [], notRouted: []};
  const usable = ROUTES.filter((route) => {
    const reason = route.obstacle(tfjs);
    if (reason === null) report.routed.push(route.ops);
    else report.notRouted.push({name: route.ops, reason});
    return reason === null;
  });
  for (const backend of tfjs.backendNames().filter((name) => tfjs.registry[name] && hasOwnKernels(name))) {
    const reason = reasonForStock(backend);
    if (reason !== null) for (const {ops} of usable) report.notRouted.push({name: `${ops} on ${backend}`, reason});
  }
  const removers = [routeKernels(tfjs, usable), routeCustomGrads(tfjs, usable)];
  const remove = () => {
    for (const remover of removers) remover();
  };
  return {report, remove};
}

function routeKernels(tfjs: Engine, routes: Route[]): () => void {
  const byKernel: Record<string, KernelRoute> = Object.assign({}, ...routes.map(({kernels}) => kernels));
  return wrapMethod(tfjs, 'runKernel', (previous, isActive) => {
    return function <T extends Tensor | Tensor[]>(
      this: Engine,
      kernelName: string,
      inputs: NamedTensorMap,
      attrs?: NamedAttrMap,
    ): T {
      const ours = isActive() ? byKernel[kernelName]?.(inputs, attrs ?? {}) : null;
      return (ours ?? previous.call(this, kernelName, inputs, attrs)) as T;
    };
  });
}

function routeCustomGrads(tfjs: Engine, routes: Route[]): () => void {
  return wrapMethod(tfjs, 'customGrad', (previous, isActive) => {
    return function <T extends Tensor>(this: Engine, f: Parameters<typeof previous<T>>[0]) {
      const stock = previous.call(this, f as never) as ReturnType<typeof previous<T>>;
      return (...inputs) => {
        for (const route of isActive() ? routes : []) {
          const ours = route.customGrad?.(tfjs, inputs as Tensor[]);
          if (ours) return ours as T;
        }
        return stock(...inputs);
      };
    };
  });
}

/** Puts a function before a method of the engine; returns what takes it away again. */
function wrapMethod<K extends 'runKernel' | 'customGrad'>(
  tfjs: Engine,
  method: K,
  wrap: (previous: Engine[K], isActive: () => boolean) => Engine[K],
): () => void {
  const previous = tfjs[method];
  const wasOwnProperty = Object.hasOwn(tfjs, method);
  let active = true;
  const wrapper = wrap(previous, () => active);
  tfjs[method] = wrapper;
  return () => {
    active = false;
    // Whoever wrapped it after us keeps their wrapper; ours, inside, now only passes on.
    if (tfjs[method] !== wrapper) return;
    if (wasOwnProperty) tfjs[method] = previous;
    else delete (tfjs as Partial<Engine>)[method];
  };
}
