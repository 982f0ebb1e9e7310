import type {Tensor} from '@tensorflow/tfjs-core';
import {type Engine, replaceMethod} from '../tfjs/engine';
import {openScopes, scopesAreKnown} from '../tfjs/scopes';

/**
 * Why an op of tfjs is not what a route takes it for; null if it is.
 *
 * @param steps the kernels that the op is to run and the customGrad it is to call, each as 'scope of the op > scope inside it: Kernel'
 */
export function obstacleTo(tfjs: Engine, op: (stub: Tensor) => unknown, steps: string[]): string | null {
  if (!scopesAreKnown(tfjs)) return 'this tfjs does not show the scopes of its ops';
  return rehearse(tfjs, op).join() === steps.join() ? null : 'this tfjs computes it in another way';
}

/**
 * What a tfjs op asks of the engine, found out by calling it with a tensor that is none, on an engine that only takes
 * notes: no backend is needed, and nothing is computed.
 *
 * @returns its steps
 */
function rehearse(tfjs: Engine, op: (stub: Tensor) => unknown): string[] {
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
  const restore = [
    replaceMethod(tfjs, 'runKernel', (kernelName) => {
      note(kernelName);
      return stub as never;
    }),
    replaceMethod(tfjs, 'customGrad', () => {
      note('customGrad');
      return () => stub as never;
    }),
  ];
  try {
    op(stub);
    return notes;
  } catch {
    return [];
  } finally {
    for (const put of restore) put();
  }
}
