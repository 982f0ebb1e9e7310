/**
 * Which backend is active, and how to change that for a moment.
 *
 * Relies on: `engine().backendName`, `backendInstance` and `pendingBackendInit` are all that tfjs goes by to tell the active
 * backend, and `pendingBackendInitId` is that of the start it waits for. `withBackend` checks that tfjs follows, and throws.
 */
import {engine, type KernelBackend} from '@tensorflow/tfjs-core';

/** The fields in which tfjs's engine keeps the active backend. */
interface ActiveBackend {
  backendName: string | null | undefined;
  backendInstance: KernelBackend | null | undefined;
  /** Set while the backend that was asked for is still starting. Then every op throws. */
  pendingBackendInit: Promise<boolean> | null | undefined;
}

function fields(): ActiveBackend {
  return engine() as unknown as ActiveBackend;
}

/**
 * Runs an action with another backend active, one that has started. Nobody can notice: the action is synchronous, and
 * afterwards everything is as it was before, also if the action throws, if no backend was active, or if one is still starting.
 *
 * `setBackend` there and back would not do: it cannot return to "none", it forgets a start that is under way, and each
 * time it sets up some hundred kernels.
 */
export function withBackend<T>(name: string, action: () => T): T {
  const putBack = activate(name);
  try {
    return action();
  } finally {
    putBack();
  }
}

/**
 * Makes a backend the active one, one that has started.
 *
 * @returns what makes the one active again that was, or none if that was removed meanwhile
 */
export function activate(name: string): () => void {
  const tfjs = fields();
  const {backendName, backendInstance, pendingBackendInit} = tfjs;
  const {registry} = engine();
  const wasThere = backendName != null && registry[backendName] != null;
  const started = registry[name];
  const putBack = () => {
    const isThere = backendName != null && engine().registry[backendName] != null;
    if (wasThere && !isThere) Object.assign(tfjs, {backendName: null, backendInstance: null, pendingBackendInit: null});
    else Object.assign(tfjs, {backendName, backendInstance, pendingBackendInit});
  };
  Object.assign(tfjs, {backendName: name, backendInstance: started, pendingBackendInit: null});
  if (started != null && engine().backend === started) return putBack;
  putBack();
  throw new Error(`tfjs's backend ${name} has not started, or this version of tfjs-core cannot switch to it.`);
}

/** Whether that backend is still the active one. */
export function isActive(name: string): boolean {
  const {backendName, backendInstance} = fields();
  return backendName === name && backendInstance != null && backendInstance === engine().registry[name];
}

/** The start that a `setBackend` elsewhere is waiting for, if any, or a `ready`, which does not tell the name. */
export function startUnderWay(): {name: string | null; done: Promise<boolean>} | null {
  const {backendName, backendInstance, pendingBackendInit} = fields();
  return pendingBackendInit ? {name: backendInstance ? null : (backendName ?? null), done: pendingBackendInit} : null;
}

/** Gives up a start that hangs: whoever waits for it learns `false`, and ops run again once a backend is set. */
export function abandonStartUnderWay(): void {
  const tfjs = fields() as ActiveBackend & {pendingBackendInitId: number};
  tfjs.pendingBackendInitId++; // tfjs's own mark of an outdated start
  tfjs.pendingBackendInit = null;
}
