import type {KernelBackend} from '@tensorflow/tfjs-core';
import {engine, getBackend, version_core} from '@tensorflow/tfjs-core';
import {version} from '../package.json';
import {composedBackend} from './composed';
import {BACKENDS} from './register';

export interface BackendEntry {
  /** tfjs's name of it. */
  name: string;
  /** Whether this package has kernels for it, or composes the family of tfjs's own. */
  kernels: 'own' | 'composed';
  /** Whether tfjs has started it. Asking for a report starts nothing. */
  started: boolean;
  /** What runs there, and why; once it is started. */
  runs: string | null;
}

export interface BackendReport {
  /** Versions of this package and of tfjs-core. */
  versions: {'tfjs-softmax': string; 'tfjs-core': string};
  /** The active backend, or null while tfjs has none. */
  active: string | null;
  /** Every backend that is registered with tfjs. */
  backends: BackendEntry[];
}

/** What this machine has, for people and for bug reports. Changes nothing. */
export async function backendReport(): Promise<BackendReport> {
  const {registry} = engine();
  const backends = engine()
    .backendNames()
    .map((name) => describe(name, registry[name]));
  return {
    versions: {'tfjs-softmax': version, 'tfjs-core': version_core},
    active: getBackend() || null,
    backends,
  };
}

function describe(name: string, backend: KernelBackend | undefined): BackendEntry {
  const implementation = BACKENDS[name];
  return {
    name,
    kernels: implementation ? 'own' : 'composed',
    started: backend != null,
    runs: backend ? (implementation ?? composedBackend).describe(backend as never) : null,
  };
}
