/** A function of the program, as a job to be raced for: run as it is on each backend. */
import {type DataId, engine, type KernelBackend, neg, reshape, slice, type Tensor, tensor} from '@tensorflow/tfjs-core';
import {
  BackendVisit,
  holderOf,
  moveTo,
  nextTensorId,
  ReadAhead,
  tensorsOfScope,
  variablesOfProgram,
} from '../../tfjs/backend_visit';
import {contradicted, difference, type Given, isTensor, leavesOf, plainValues, type Values} from './agreement';
import {modelFactor} from './cost';
import {messageOf} from './environment';
import {factsOf} from './facts';
import {type Entry, type Job, JobRefused, type Seen} from './race';
import {within} from './start';
import type {Stopwatch} from './stopwatch';

/** How far results of backends may be apart unless the caller says otherwise, relative to the largest number of a tensor. */
const TOLERANCE = 5e-3;
/** The same where a backend computes with half floats. */
const HALF_FLOAT_TOLERANCE = 5e-2;
/** Tensors that large are computed by the GPU: smaller ones tfjs computes on the CPU. */
const GPU_ELEMENTS = 4096;

export interface FunctionJobOptions {
  stopwatch: Stopwatch;
  /** Null to go by what a backend computes with. */
  tolerance: number | null;
  /** Milliseconds that a promise of the function may take. */
  limitMs: number;
  /** The active backend, if there is one. */
  home: string | null;
  onNote: (text: string) => void;
}

interface Contestant extends Entry {
  given: Given;
  /** Calls once more. */
  again(): Promise<Values[]>;
}

export class FunctionJob implements Job {
  readonly label = 'the function';
  readonly chargesFirstCall = false;
  readonly obstacle = null;
  private readonly homeBackend: KernelBackend | undefined;
  private readonly readAhead = new ReadAhead((backend) => readsLater(nameOf(backend)));
  /** The data that kernels were given on the active backend, if its values have to be read ahead. */
  private readonly used = new Set<DataId>();
  private isExplored = false;
  private readonly firstNew = nextTensorId();
  private readonly variables = new Set(variablesOfProgram());

  constructor(
    private readonly run: () => unknown,
    private readonly options: FunctionJobOptions,
  ) {
    const {home} = options;
    this.homeBackend = home === null ? undefined : engine().registry[home];
  }

  expectedMs(backend: string, seen: Seen | null): number {
    // What it reads is found out there, and has to be before others can be tried.
    if (backend === this.options.home && readsLater(backend)) return 0;
    return seen === null ? modelFactor(backend) : (seen.ms * modelFactor(backend)) / modelFactor(seen.backend);
  }

  compileMs(): number {
    return 0; // not charged
  }

  firstCallTells(backend: string): boolean {
    return factsOf(backend)?.gpu === false;
  }

  async enter(backend: string): Promise<Entry> {
    const {tolerance} = this.options;
    if (backend !== this.options.home) await this.explore();
    const visit = new BackendVisit(backend, this.readAhead, this.firstNew, this.explorer(backend));
    try {
      const first = await this.firstCall(visit);
      const halfFloats = factsOf(backend)?.halfFloats?.() ?? false;
      const entry: Contestant = {
        backend,
        firstMs: first.ms,
        given: {backend, result: first.values, tolerance: tolerance ?? (halfFloats ? HALF_FLOAT_TOLERANCE : TOLERANCE)},
        run: (calls) => (first.isAsync ? this.timedAsync(visit, calls) : this.timed(visit, calls)),
        again: async () => (await this.firstCall(visit)).values,
        release: () => visit.end(),
      };
      return entry;
    } catch (error) {
      visit.end();
      throw error;
    }
  }

  async judge(entries: readonly Entry[]): Promise<Map<string, string>> {
    const contestants = entries as readonly Contestant[];
    const {onNote} = this.options;
    if (contestants.some(({given}) => given.result.length === 0)) {
      onNote('the function returns no tensors or numbers, so its results were not compared');
    }
    const {out, note} = contradicted(contestants.map(({given}) => given));
    if (out.size === 0 && note === null) return out;
    for (const {given, again} of contestants) {
      try {
        if (difference({...given, result: await again()}, given) === null) continue;
      } catch {
        continue; // it will be found out when it is timed
      }
      onNote('the function gives another result at each call, so its results were not compared');
      return new Map();
    }
    if (note !== null) onNote(note);
    return out;
  }

  /** Brings to the active backend what has become part of the program: the variables of a model that was built by its first call. */
  async close(): Promise<void> {
    const home = this.homeBackend;
    if (!home || !Object.values(engine().registry).includes(home)) return;
    for (const variable of variablesOfProgram()) {
      if (!this.variables.has(variable) && holderOf(variable) !== home) await moveTo(home, variable.dataId);
    }
  }

  /**
   * Moves what the function reads to a backend that was made the active one, where tfjs could not: at the next op it would read
   * at once what can be read later only.
   */
  async bringTo(backend: string): Promise<void> {
    const target = engine().registry[backend];
    if (!target || target === this.homeBackend) return;
    for (const id of this.used) await moveTo(target, id);
  }

  /** Finds out what the function reads, where that cannot be read at once: by a call on the active backend. */
  private async explore(): Promise<void> {
    const {home} = this.options;
    if (home !== null && readsLater(home) && !this.isExplored) {
      const visit = new BackendVisit(home, this.readAhead, this.firstNew, this.explorer(home));
      try {
        await this.firstCall(visit);
      } finally {
        visit.end();
      }
    }
    await this.readAhead.read([...this.used]);
  }

  private explorer(backend: string): ((ids: DataId[]) => void) | null {
    if (backend !== this.options.home || !readsLater(backend) || this.isExplored) return null;
    this.isExplored = true;
    return (ids) => {
      for (const id of ids) this.used.add(id);
    };
  }

  /** Calls once, and reads what that gives. */
  private async firstCall(visit: BackendVisit): Promise<{values: Values[]; ms: number; isAsync: boolean}> {
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
              `the function left ${left} tensors behind when it was called: what it makes after an await is its own`,
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
      if (!missing.some((id) => this.readAhead.values.has(id))) throw new Error('a tensor that it needs is gone');
    }
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

  private timed(visit: BackendVisit, calls: number): Promise<void> | void {
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
  private call<T>(visit: BackendVisit, use: (result: unknown) => {value: T; keep: Tensor[]}): T | Promise<T> {
    const tfjs = engine();
    let keep: Tensor[] = [];
    tfjs.startScope('rankBackends');
    try {
      const result = this.run();
      this.check(visit);
      if (isPromise(result)) {
        keep = tensorsOfScope(); // it goes on with them
        return this.settled(visit, result, keep, use);
      }
      const used = use(result);
      keep = used.keep;
      return used.value;
    } catch (error) {
      this.check(visit);
      throw error;
    } finally {
      tfjs.endScope(keep);
    }
  }

  private async settled<T>(
    visit: BackendVisit,
    promise: Promise<unknown>,
    made: Tensor[],
    use: (result: unknown) => {value: T; keep: Tensor[]},
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
    const tfjs = engine();
    let keep: Tensor[] = [];
    tfjs.startScope('rankBackends');
    try {
      const used = use(settled.result);
      keep = used.keep;
      return used.value;
    } finally {
      tfjs.endScope(keep);
      clear(settled.result, keep);
    }
  }

  /** @throws if the function did what cannot be undone, or changed the backend */
  private check(visit: BackendVisit): void {
    if (visit.refusal) throw new JobRefused(`workload: ${messageOf(visit.refusal)}.`);
    if (visit.isRemoved()) throw new Error('the backend was removed meanwhile');
    if (!visit.isStillActive()) {
      throw new JobRefused(
        'workload: the active backend changed while the function ran. It is run on each candidate, so it must not set one ' +
          'itself; nor may the program, while an asynchronous function is being measured.',
      );
    }
  }

  private refusePromise(called: unknown): void {
    if (isPromise(called)) throw new Error('it returned a promise, and at its first call it did not');
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

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as {then?: unknown} | null)?.then === 'function';
}

function nameOf(backend: KernelBackend | undefined): string {
  return Object.entries(engine().registry).find(([, one]) => one === backend)?.[0] ?? '';
}

function readsLater(backend: string): boolean {
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
