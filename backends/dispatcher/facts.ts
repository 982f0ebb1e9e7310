/** What is known of the backends by name. */
import {engine, type KernelBackend} from '@tensorflow/tfjs-core';
import type {BackendFacts} from '../backend';
import {implementationOn} from '../registration';
import * as registry from '../registry';
import {tensorflowFacts} from '../tensorflow/facts';
import {machine} from './machine';

/** What is known of a backend; undefined of one that somebody else has registered with tfjs. */
export function factsOf(backend: string): BackendFacts | undefined {
  // In pages there are no kernels for tfjs-node.
  return implementationOn(backend).facts ?? (backend === 'tensorflow' ? tensorflowFacts : undefined);
}

/** The backends that are known whether or not tfjs has them, each with the package that registers it. */
export const PACKAGES: ReadonlyMap<string, string> = new Map(
  [...Object.keys(registry), 'tensorflow'].flatMap((name) => {
    const facts = factsOf(name);
    return facts ? [[name, facts.package] as const] : [];
  }),
);

/** Whether a backend runs on a GPU that is a program on the CPU. */
export function isSoftwareGpu(backend: string): boolean {
  const facts = factsOf(backend);
  if (!facts?.gpu) return false;
  const started = engine().registry[backend];
  return (started && facts.isSoftware?.(started)) ?? machine().gpu?.software ?? false;
}

/** Why a backend that has started can compute nothing any more; null if it can, or if none can tell. */
export function lossOf(name: string): string | null {
  const backend = engine().registry[name];
  return (backend && implementationOn(name).lost?.(backend as never)) ?? null;
}

/** How many threads the kernels of a backend run on at most: of the one that has started, or as is to be expected. */
export function threadsOf(backend: string): number {
  return implementationOn(backend).threads?.((engine().registry[backend] as never) ?? null) ?? 1;
}

/** Where that is more than one, in words, to stand after the name of the backend or a time of it. */
export function onThreads(backend: string): string {
  const threads = threadsOf(backend);
  return threads > 1 ? ` on up to ${threads} threads` : '';
}

/** The name of a started backend; empty of any other. */
export function nameOf(backend: KernelBackend | undefined): string {
  return Object.entries(engine().registry).find(([, one]) => one === backend)?.[0] ?? '';
}
