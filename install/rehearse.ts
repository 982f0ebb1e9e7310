import type {Tensor} from '@tensorflow/tfjs-core';
import type {Engine} from '../tfjs/engine';
import {openScopes} from '../tfjs/scopes';

/**
 * What a tfjs op asks of the engine, found out by calling it with a tensor that is none, on an engine that only takes
 * notes: no backend is needed, and nothing is computed.
 *
 * @returns the kernels it runs and the customGrad it calls, each as 'scope of the op > scope inside it: Kernel'
 */
export function rehearse(tfjs: Engine, op: (stub: Tensor) => unknown): string[] {
  const stub = {
    shape: [1],
    rank: 1,
    size: 1,
    dtype: 'float32',
    data: () => Promise.resolve(),
    dataSync: () => {},
    throwIfDisposed: () => {},
  } as unknown as Tensor;
  const notes: string[] = [];
  const outside = openScopes(tfjs).length;
  const note = (what: string) => {
    const scopes = openScopes(tfjs).slice(outside);
    notes.push(`${scopes.map(({name}) => name).join(' > ')}: ${what}`);
  };
  const own = Object.getOwnPropertyDescriptors(tfjs);
  tfjs.runKernel = (kernelName) => {
    note(kernelName);
    return stub as never;
  };
  tfjs.customGrad = () => {
    note('customGrad');
    return () => stub as never;
  };
  try {
    op(stub);
    return notes;
  } catch {
    return [];
  } finally {
    for (const method of ['runKernel', 'customGrad'] as const) {
      const before = own[method];
      if (before) Object.defineProperty(tfjs, method, before);
      else delete (tfjs as Partial<Engine>)[method];
    }
  }
}
