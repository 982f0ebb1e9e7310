/** Calls of a function of the program on a backend that is visited: what it makes is disposed of, what it may not do is refused. */
import {engine, type Tensor} from '@tensorflow/tfjs-core';
import {isActive} from '../../tfjs/active_backend';
import {type BackendVisit, holderOf, type ReadAhead, tensorsOfScope} from '../../tfjs/backend_visit';
import {isTensor, leavesOf, plainValues, type Values} from './agreement';
import {messageOf} from './environment';
import {nameOf} from './facts';
import {arrivalOf, disposeOf, read, toBeAwaited} from './finish';
import {JobRefused} from './race';
import {within} from './start';
import type {Stopwatch} from './stopwatch';

export interface FunctionOptions {
  stopwatch: Stopwatch;
  /** Milliseconds that a promise of the function may take. */
  limitMs: number;
  onNote: (text: string) => void;
  /** How far results may be apart; null to go by what a backend computes with. */
  tolerance: number | null;
}

/** What is wanted of what the function returned or promised; tensors among it outlive the call. */
type Pick = (result: unknown) => unknown[];

export class FunctionCalls {
  /** @param firstNew tensors with smaller numbers were there before, and are left as they are */
  constructor(
    private readonly run: () => unknown,
    private readonly readAhead: ReadAhead,
    private readonly firstNew: number,
    private readonly options: FunctionOptions,
  ) {}

  /** Calls once, and reads what that gives. */
  async first(visit: BackendVisit): Promise<{values: Values[]; ms: number; isAsync: boolean}> {
    const {stopwatch, onNote} = this.options;
    for (;;) {
      const start = stopwatch.now();
      const before = engine().state.numTensors;
      let isAsync = false;
      try {
        const leaves = await this.inside(visit, () => {
          const called = this.call(visit, leavesOf);
          isAsync = isPromise(called);
          return called;
        });
        if (visit.missing.size === 0) {
          const values = await this.valuesOf(leaves);
          const left = engine().state.numTensors - before;
          if (isAsync && left > 0)
            onNote(
              `the function left ${left} tensors behind in a call; it has to dispose of the tensors that it makes after an await`,
            );
          return {values, ms: stopwatch.since(start), isAsync};
        }
        this.disposeNew(leaves);
      } catch (error) {
        if (visit.missing.size === 0 || error instanceof JobRefused) throw error;
      }
      const missing = [...visit.missing];
      visit.missing.clear();
      await this.readAhead.read(missing);
      if (!missing.some((id) => this.readAhead.values.has(id)))
        throw new Error('a tensor that it needs was disposed of');
    }
  }

  /** So many calls, one after the other; returns, or its promise resolves, when the last result is there. */
  timed(visit: BackendVisit, calls: number, isAsync: boolean): Promise<void> | void {
    const none: Pick = () => [];
    const last: Pick = (result) => toBeAwaited(visit.name, leavesOf(result));
    const atOnce = () => {
      for (let i = 1; i < calls; i++) this.callAtOnce(visit, none);
      return this.callAtOnce(visit, last);
    };
    const inTurn = async () => {
      for (let i = 1; i < calls; i++) await this.call(visit, none);
      return this.call(visit, last);
    };
    const arrival = (picked: unknown[]) =>
      arrivalOf(visit.name, picked.filter(isTensor), () => this.disposeNew(picked));
    const picked = this.inside(visit, isAsync ? inTurn : atOnce);
    return isPromise(picked) ? picked.then(arrival) : arrival(picked);
  }

  private async valuesOf(leaves: unknown[]): Promise<Values[]> {
    try {
      const values: Values[] = [];
      for (const leaf of leaves) {
        if (!isTensor(leaf)) values.push(plainValues(leaf));
        else values.push({kind: `${leaf.dtype} [${leaf.shape}]`, values: await read(nameOf(holderOf(leaf)), leaf)});
      }
      return values;
    } finally {
      this.disposeNew(leaves);
    }
  }

  /** Runs an action with the backend entered; what is synchronous leaves it before anything else can run. */
  private inside<T>(visit: BackendVisit, action: () => T | Promise<T>): T | Promise<T> {
    visit.enter();
    let value: T | Promise<T>;
    try {
      value = action();
    } catch (error) {
      visit.leave();
      throw error;
    }
    if (isPromise(value)) return value.finally(() => visit.leave());
    visit.leave();
    return value;
  }

  /**
   * Calls once, on a backend that is entered. All tensors that the function makes are disposed of, as by `tf.tidy`; of those that
   * an asynchronous function makes after its first `await`, the ones in its result.
   *
   * @returns what was picked
   */
  private call(visit: BackendVisit, pick: Pick): unknown[] | Promise<unknown[]> {
    const tfjs = engine();
    let kept: Tensor[] = [];
    tfjs.startScope('rankBackends');
    try {
      let result: unknown;
      try {
        result = this.run();
      } finally {
        this.check(visit);
      }
      if (isPromise(result)) {
        kept = tensorsOfScope(); // it goes on with them
        return this.settled(visit, result, kept, pick);
      }
      const picked = pick(result);
      kept = picked.filter(isTensor);
      return picked;
    } finally {
      tfjs.endScope(kept);
    }
  }

  private callAtOnce(visit: BackendVisit, pick: Pick): unknown[] {
    const called = this.call(visit, pick);
    if (isPromise(called)) throw new Error('it returned a promise, although it did not in its first call');
    return called;
  }

  private async settled(visit: BackendVisit, promise: Promise<unknown>, made: Tensor[], pick: Pick) {
    const {limitMs} = this.options;
    visit.isShared = true;
    let settled: {result: unknown} | undefined;
    const clear = (result: unknown, keep: unknown[] = []) => {
      const all = [...made.filter(({kept}) => !kept), ...leavesOf(result)];
      this.disposeNew(all.filter((one) => !keep.includes(one)));
    };
    try {
      settled = await within(
        limitMs,
        promise.then((result) => ({result})),
      );
    } catch (error) {
      clear(null);
      this.check(visit);
      throw error;
    } finally {
      visit.isShared = false;
    }
    this.check(visit);
    if (settled === undefined) {
      promise.then(clear, () => clear(null));
      throw new Error(`its promise has not settled within ${Math.round(limitMs)} ms`);
    }
    const {result} = settled;
    let picked: unknown[] = [];
    try {
      picked = pick(result);
      return picked;
    } finally {
      clear(result, picked);
    }
  }

  /** @throws if the function did what cannot be undone, or changed the backend */
  private check(visit: BackendVisit): void {
    if (visit.refusal) throw new JobRefused(`workload: ${messageOf(visit.refusal)}.`);
    if (visit.isRemoved()) throw new Error('the backend was removed in the meantime');
    if (!isActive(visit.name)) {
      throw new JobRefused(
        'workload: the active backend changed while the function ran. The function must not set the backend, since it runs on ' +
          'each candidate; nor may the program, while an asynchronous function is measured.',
      );
    }
  }

  /** Disposes of what was not there before. */
  private disposeNew(leaves: readonly unknown[]): void {
    disposeOf(leaves.filter(isTensor).filter(({id, isDisposed}) => id >= this.firstNew && !isDisposed));
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as {then?: unknown} | null)?.then === 'function';
}
