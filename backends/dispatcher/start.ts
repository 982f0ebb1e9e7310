import {engine, getKernelsForBackend, type KernelBackend} from '@tensorflow/tfjs-core';
import {startUnderWay} from '../../tfjs/active_backend';
import {messageOf} from './environment';
import {PACKAGES} from './facts';

/** How long a backend may take to start unless the caller says otherwise, in milliseconds. */
export const START_LIMIT_MS = 5000;

/** The end of the queue of those who start, measure and switch backends. */
let last: Promise<unknown> = Promise.resolve();

/** One after the other: the action runs when all that were asked for before have ended. */
export function oneAtATime<T>(action: () => Promise<T>): Promise<T> {
  const result = last.then(action);
  last = result.catch(() => {});
  return result;
}

/** Timers take no more: a longer one would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Factory = () => KernelBackend | Promise<KernelBackend>;

/** Starts that go on, so that asking again waits for the same one; and why the last one failed. */
const underWay = new Map<Factory, Promise<void>>();
const failures = new WeakMap<Factory, string>();

/**
 * Starts a backend beside the active one. tfjs's own way makes it the active one at once, and every op throws until it
 * is there; so its factory is called here, and the backend put where tfjs looks for it.
 *
 * @param limitMs how long to wait; a backend that comes later is taken then
 * @returns null if it has started, or why it has not
 */
export async function start(name: string, limitMs: number): Promise<string | null> {
  const tfjs = engine();
  const factory = tfjs.findBackendFactory(name);
  if (factory == null) return notRegistered(name);
  if (tfjs.registry[name] != null) return null;
  const elsewhere = startUnderWay();
  if (elsewhere && (elsewhere.name ?? name) === name) {
    await within(limitMs, elsewhere.done);
    if (tfjs.registry[name] != null) return null;
    if (elsewhere.name === name && startUnderWay()?.done === elsewhere.done) return tooLong(limitMs);
  }
  const starting = underWay.get(factory) ?? startNow(name, factory);
  const failure = await within(
    limitMs,
    starting.then(
      () => null,
      (error) => `does not start: ${messageOf(error)}`,
    ),
  );
  const reason = failure === undefined ? tooLong(limitMs) : failure;
  if (reason === null) failures.delete(factory);
  else failures.set(factory, reason);
  return reason;
}

/** Why the last start of a backend failed; null if it did not, or has started since. */
export function lastFailure(name: string): string | null {
  const factory = engine().findBackendFactory(name);
  if (factory == null) return notRegistered(name);
  return engine().registry[name] == null ? (failures.get(factory) ?? null) : null;
}

function tooLong(limitMs: number): string {
  return `has not started within ${Math.round(limitMs)} ms`;
}

function notRegistered(name: string): string {
  const found = PACKAGES.get(name);
  return `is not registered with tfjs${found ? `; import '${found}' first` : ''}`;
}

function startNow(name: string, factory: Factory): Promise<void> {
  const starting = (async () => adopt(name, factory, await factory()))().finally(() => underWay.delete(factory));
  underWay.set(factory, starting);
  starting.catch(() => {}); // it may fail after nobody waits any more
  return starting;
}

function adopt(name: string, factory: Factory, backend: KernelBackend): void {
  if (backend == null) throw new Error('its factory gave no backend');
  const {registry, registryFactory} = engine();
  const isWanted = registryFactory[name]?.factory === factory && registry[name] == null;
  if (!isWanted) {
    backend.dispose(); // removed meanwhile, or tfjs started one of its own
    return;
  }
  registry[name] = backend;
  for (const {setupFunc} of getKernelsForBackend(name)) setupFunc?.(backend);
}

/** What the promise gives, or undefined if it takes longer than that. */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  let cancel = () => {};
  const limit = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), Math.min(limitMs, LONGEST_TIMER_MS));
    cancel = () => clearTimeout(timer);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    cancel();
  }
}
