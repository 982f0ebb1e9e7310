/** The threads of backends. Apart from facts.ts, since wisdom needs this, and pages load wisdom from the start. */
import {engine} from '@tensorflow/tfjs-core';
import {implementationOn} from '../registration';

/** How many threads the kernels of a backend run on at most: of the one that has started, or as is to be expected. */
export function threadsOf(backend: string): number {
  return implementationOn(backend).threads?.((engine().registry[backend] as never) ?? null) ?? 1;
}

/** Where that is more than one, in words, to stand after the name of the backend or a time of it. */
export function onThreads(backend: string): string {
  const threads = threadsOf(backend);
  return threads > 1 ? ` on up to ${threads} threads` : '';
}
