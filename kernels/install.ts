import type {NamedAttrMap, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {engine, getBackend} from '@tensorflow/tfjs-core';
import {hasOwnKernels} from '../backends/register';
import {type ForwardAttrs, SOFTMAX} from './names';

/** What `install()` changed. */
export interface InstallReport {
  /** The tfjs kernels whose calls now run a kernel of this package, on the backends that have them. */
  routed: string[];
  /** What stayed as it was, and why. */
  notRouted: {name: string; reason: string}[];
}

type Engine = ReturnType<typeof engine>;
type RunKernel = Engine['runKernel'];

/** A call of one of tfjs's kernels as one of ours, or null to leave it alone. */
type Route = (inputs: NamedTensorMap, attrs: NamedAttrMap) => {kernelName: string; attrs: ForwardAttrs} | null;

const ROUTES: Readonly<Record<string, Route>> = {
  Softmax({logits}, {dim}) {
    if (logits?.dtype !== 'float32' || !hasOwnKernels(getBackend())) return null;
    const rank = Math.max(logits.rank, 1);
    return {kernelName: SOFTMAX, attrs: {axis: ((dim as number) + rank) % rank, scale: 1, keepDims: false}};
  },
};

/** Undoes the installation, while there is one. */
let remove: (() => void) | undefined;

/**
 * Makes `tf.softmax`, `x.softmax()` and what is built on them (tfjs-layers' activation and layer, graph models) run
 * the kernels of this package and their gradients, on the backends that have them. Twice is once.
 *
 * All of these go through one door, `tf.engine().runKernel`, which every copy of tfjs-core in a program shares. That is
 * where calls are routed: so it does not matter which package loads first, or whether a model was loaded before, and
 * tfjs's registries stay as they are.
 */
export function install(): InstallReport {
  remove ??= routeKernels(engine());
  return {routed: Object.keys(ROUTES), notRouted: []};
}

/** Takes back what `install()` did: what was there before is there again, the same objects. Twice is once. */
export function uninstall(): void {
  remove?.();
  remove = undefined;
}

function routeKernels(tfjs: Engine): () => void {
  const previous = tfjs.runKernel;
  const wasOwnProperty = Object.hasOwn(tfjs, 'runKernel');
  let active = true;

  const wrapper: RunKernel = function <T extends Tensor | Tensor[]>(
    this: Engine,
    kernelName: string,
    inputs: NamedTensorMap,
    attrs?: NamedAttrMap,
  ): T {
    const ours = active ? ROUTES[kernelName]?.(inputs, attrs ?? {}) : null;
    if (ours != null) return previous.call(this, ours.kernelName, inputs, ours.attrs) as T;
    return previous.call(this, kernelName, inputs, attrs) as T;
  };
  tfjs.runKernel = wrapper;

  return () => {
    active = false;
    // Whoever wrapped it after us keeps their wrapper; ours, inside, now only passes on.
    if (tfjs.runKernel !== wrapper) return;
    if (wasOwnProperty) tfjs.runKernel = previous;
    else delete (tfjs as Partial<Engine>).runKernel;
  };
}
