/** Calls of a function of the program on a backend that is visited: what it makes is disposed of, what it may not do is refused. */
import {engine, type KernelBackend, neg, reshape, slice, type Tensor, tensor} from '@tensorflow/tfjs-core';
import {type BackendVisit, holderOf, type ReadAhead, tensorsOfScope} from '../../tfjs/backend_visit';
import {isTensor, leavesOf, plainValues, type Values} from './agreement';
import {messageOf} from './environment';
import {factsOf} from './facts';
import {JobRefused} from './race';
import {within} from './start';
import type {Stopwatch} from './stopwatch';

/** Tensors that large are computed by the GPU: smaller ones tfjs computes on the CPU. */
const GPU_ELEMENTS = 4096;

export interface CallOptions {
  stopwatch: Stopwatch;
  /** Milliseconds that a promise of the function may take. */
  limitMs: number;
  onNote: (text: string) => void;
}

/** What is made of the function's result, and which of its tensors outlive the call. */
interface Used<T> {
  value: T;
  keep: Tensor[];
}

export class FunctionCalls {
  /** @param firstNew tensors with smaller numbers were there before, and are left as they are */
  constructor(
    private readonly run: () => unknown,
    private readonly readAhead: ReadAhead,
    private readonly firstNew: number,
    private readonly options: CallOptions,
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
          const called = this.call(visit, (result) => {
            const all = leavesOf(result);
            return {value: all, keep: all.filter(isTensor)};
          });
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
    return isAsync ? this.timedAsync(visit, calls) : this.timedAtOnce(visit, calls);
  }

  private async valuesOf(leaves: unknown[]): Promise<Values[]> {
    try {
      const values: Values[] = [];
      for (const leaf of leaves) {
        if (!isTensor(leaf)) values.push(plainValues(leaf));
        else {
          const later = readsLater(nameOf(holderOf(leaf)));
          values.push({kind: `${leaf.dtype} [${leaf.shape}]`, values: later ? await leaf.data() : leaf.dataSync()});
        }
      }
      return values;
    } finally {
      this.disposeNew(leaves);
    }
  }

  private timedAtOnce(visit: BackendVisit, calls: number): Promise<void> | void {
    const last: Tensor[] = [];
    this.entered(visit, () => {
      for (let i = 1; i < calls; i++) this.refusePromise(this.call(visit, () => ({value: null, keep: []})));
      const called = this.call(visit, (result) => {
        const value = toBeAwaited(visit.name, leavesOf(result));
        return {value, keep: value};
      });
      this.refusePromise(called);
      last.push(...(called as Tensor[]));
    });
    if (last.length === 0) return;
    if (readsLater(visit.name)) return this.arrivalOf(last);
    try {
      for (const one of last) one.dataSync();
    } finally {
      this.disposeNew(last);
    }
  }

  private async timedAsync(visit: BackendVisit, calls: number): Promise<void> {
    const last = await this.inside(visit, async () => {
      for (let i = 1; i < calls; i++) await this.call(visit, () => ({value: null, keep: []}));
      return this.call(visit, (result) => {
        const value = toBeAwaited(visit.name, leavesOf(result));
        return {value, keep: value};
      });
    });
    await this.arrivalOf(last);
  }

  private async arrivalOf(tensors: Tensor[]): Promise<void> {
    try {
      for (const one of tensors) await one.data();
    } finally {
      this.disposeNew(tensors);
    }
  }

  /** Runs an action with the backend entered. */
  private entered<T>(visit: BackendVisit, action: () => T): T {
    visit.enter();
    try {
      const value = action();
      visit.forgetVariables();
      return value;
    } catch (error) {
      if (visit.refusal) visit.restoreVariables();
      throw error;
    } finally {
      visit.leave();
    }
  }

  /** As above; what is synchronous leaves the backend before anything else can run. */
  private inside<T>(visit: BackendVisit, action: () => T | Promise<T>): T | Promise<T> {
    visit.enter();
    const leave = () => {
      if (visit.refusal) visit.restoreVariables();
      else visit.forgetVariables();
      visit.leave();
    };
    let value: T | Promise<T>;
    try {
      value = action();
    } catch (error) {
      leave();
      throw error;
    }
    if (isPromise(value)) return value.finally(leave);
    leave();
    return value;
  }

  /**
   * Calls once, on a backend that is entered. All tensors that the function makes are disposed of, as by `tf.tidy`; of those that
   * an asynchronous function makes after its first `await`, the ones in its result.
   *
   * @param use is given what the function returned or promised, and says which tensors are to be kept
   */
  private call<T>(visit: BackendVisit, use: (result: unknown) => Used<T>): T | Promise<T> {
    return scoped<T | Promise<T>>(() => {
      let result: unknown;
      try {
        result = this.run();
      } finally {
        this.check(visit);
      }
      if (!isPromise(result)) return use(result);
      const made = tensorsOfScope(); // it goes on with them
      return {value: this.settled(visit, result, made, use), keep: made};
    });
  }

  private async settled<T>(
    visit: BackendVisit,
    promise: Promise<unknown>,
    made: Tensor[],
    use: (result: unknown) => Used<T>,
  ): Promise<T> {
    const {limitMs} = this.options;
    visit.isShared = true;
    let settled: {result: unknown} | undefined;
    const clear = (result: unknown, keep: Tensor[]) => {
      const all = [...made.filter(({kept}) => !kept), ...leavesOf(result)];
      this.disposeNew(all.filter((one) => !keep.includes(one as Tensor)));
    };
    try {
      settled = await within(
        limitMs,
        promise.then((result) => ({result})),
      );
    } catch (error) {
      clear(null, []);
      this.check(visit);
      throw error;
    } finally {
      visit.isShared = false;
    }
    this.check(visit);
    if (settled === undefined) {
      promise.then(
        (result) => clear(result, []),
        () => clear(null, []),
      );
      throw new Error(`its promise has not settled within ${Math.round(limitMs)} ms`);
    }
    const {result} = settled;
    let keep: Tensor[] = [];
    try {
      return scoped(() => {
        const used = use(result);
        keep = used.keep;
        return used;
      });
    } finally {
      clear(result, keep);
    }
  }

  /** @throws if the function did what cannot be undone, or changed the backend */
  private check(visit: BackendVisit): void {
    if (visit.refusal) throw new JobRefused(`workload: ${messageOf(visit.refusal)}.`);
    if (visit.isRemoved()) throw new Error('the backend was removed in the meantime');
    if (!visit.isStillActive()) {
      throw new JobRefused(
        'workload: the active backend changed while the function ran. The function must not set the backend, since it runs on ' +
          'each candidate; nor may the program, while an asynchronous function is measured.',
      );
    }
  }

  private refusePromise(called: unknown): void {
    if (isPromise(called)) throw new Error('it returned a promise, although it did not in its first call');
  }

  /** Disposes of what was not there before. */
  private disposeNew(leaves: readonly unknown[]): void {
    for (const leaf of leaves) {
      if (!isTensor(leaf) || leaf.id < this.firstNew || leaf.isDisposed) continue;
      try {
        leaf.dispose();
      } catch {
        // its memory went with a backend that was removed
      }
    }
  }
}

/** Runs an action in a scope of tfjs's: what it makes and does not keep is disposed of. */
function scoped<T>(action: () => Used<T>): T {
  const tfjs = engine();
  let keep: Tensor[] = [];
  tfjs.startScope('rankBackends');
  try {
    const used = action();
    keep = used.keep;
    return used.value;
  } finally {
    tfjs.endScope(keep);
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as {then?: unknown} | null)?.then === 'function';
}

/** The name of a started backend; empty of any other. */
export function nameOf(backend: KernelBackend | undefined): string {
  return Object.entries(engine().registry).find(([, one]) => one === backend)?.[0] ?? '';
}

/** Whether a backend's values can be read asynchronously only. */
export function readsLater(backend: string): boolean {
  return backend !== '' && factsOf(backend)?.readsLater === true;
}

/** What to read to know that all is done: nothing where ops end when they return, all where that is not known. */
function toBeAwaited(backend: string, leaves: unknown[]): Tensor[] {
  const facts = factsOf(backend);
  const tensors = leaves.filter(isTensor);
  if (!facts) return tensors;
  // Numbers were read by the function itself.
  if (!facts.gpu || (tensors.length === 0 && leaves.length > 0)) return [];
  const first = tensors.find(({dtype, size}) => dtype !== 'string' && dtype !== 'complex64' && size > 0);
  const last = first ?? neg(tensor(new Float32Array(GPU_ELEMENTS)));
  return [slice(reshape(last, [-1]), 0, 1)];
}
