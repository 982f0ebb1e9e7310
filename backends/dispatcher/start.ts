import {engine, getKernelsForBackend, type KernelBackend} from '@tensorflow/tfjs-core';
import {startUnderWay} from '../../tfjs/active_backend';
import {messageOf, processOf} from './environment';
import {factsOf, PACKAGES} from './facts';
import {machine} from './machine';
import {now} from './stopwatch';

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

/** How long a failed start counts, in milliseconds: what was missing may be there later. */
const FAILED_FOR_MS = 30_000;

/** Starts that go on, so that asking again waits for the same one; and why the last one failed, and when. */
const underWay = new Map<Factory, Promise<void>>();
const failures = new WeakMap<Factory, {why: string; at: number}>();

/** Why a backend has not started. */
export interface NotStarted {
  why: string;
  /** Whether it may start yet: it takes longer than was waited for. */
  isLate: boolean;
}

/**
 * Starts a backend beside the active one. tfjs's own way makes it the active one at once, and every op throws until it
 * is there; so its factory is called here, and the backend put where tfjs looks for it.
 *
 * @param limitMs how long to wait; a backend that comes later is taken then
 * @returns null if it has started, or why it has not
 */
export async function start(name: string, limitMs: number): Promise<NotStarted | null> {
  const tfjs = engine();
  const factory = tfjs.findBackendFactory(name);
  if (factory == null) return {why: notRegistered(name), isLate: false};
  if (tfjs.registry[name] != null) return null;
  const elsewhere = startUnderWay();
  if (elsewhere && (elsewhere.name ?? name) === name) {
    await within(limitMs, elsewhere.done);
    if (tfjs.registry[name] != null) return null;
    if (elsewhere.name === name && startUnderWay()?.done === elsewhere.done) return tooLate(limitMs);
  }
  const starting = underWay.get(factory) ?? startNow(name, factory);
  const failure = await within(
    limitMs,
    starting.then(
      () => null,
      (error) => `does not start: ${messageOf(error)}`,
    ),
  );
  if (failure === undefined) return tooLate(limitMs);
  if (failure === null) return null;
  failures.set(factory, {why: failure, at: now()});
  return {why: failure, isLate: false};
}

/** Why the last start of a backend failed; null if it did not, has started since, or is worth another try by now. */
export function lastFailure(name: string): string | null {
  const factory = engine().findBackendFactory(name);
  if (factory == null) return notRegistered(name);
  const failure = engine().registry[name] == null ? failures.get(factory) : undefined;
  return failure && now() - failure.at < FAILED_FOR_MS ? failure.why : null;
}

function tooLate(limitMs: number): NotStarted {
  return {why: `has not started within ${Math.round(limitMs)} ms`, isLate: true};
}

function notRegistered(name: string): string {
  const found = PACKAGES.get(name);
  const needsDawn = factsOf(name)?.needs === 'WebGPU' && !machine().webgpu && processOf()?.versions?.node !== undefined;
  const advice = needsDawn ? `call enableWebGPU() and then import '${found}'` : `import '${found}' first`;
  return `is not registered with tfjs${found ? `; ${advice}` : ''}`;
}

function startNow(name: string, factory: Factory): Promise<void> {
  const starting = (async () => adopt(name, factory, await factory()))().finally(() => underWay.delete(factory));
  underWay.set(factory, starting);
  starting.catch(() => {}); // it may fail after nobody waits any more
  return starting;
}

function adopt(name: string, factory: Factory, backend: KernelBackend): void {
  if (backend == null) throw new Error('its factory returned no backend');
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
