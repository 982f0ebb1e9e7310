/** A function of the program, as a job to be raced for: run as it is on each backend. */
import {type DataId, engine, getBackend, type KernelBackend} from '@tensorflow/tfjs-core';
import {BackendVisit, holderOf, moveTo, nextTensorId, ReadAhead, variablesOfProgram} from '../../tfjs/backend_visit';
import {contradicted, difference, type Given, type Values} from './agreement';
import {modelFactor} from './cost';
import {factsOf, lossOf, nameOf} from './facts';
import {readsLater} from './finish';
import {FunctionCalls, type FunctionOptions} from './function_calls';
import type {Entry, Job, Known} from './race';

/** How far results of backends may be apart unless the caller says otherwise, relative to the largest number of a tensor. */
const TOLERANCE = 5e-3;
/** The same where a backend computes with half floats. */
const HALF_FLOAT_TOLERANCE = 5e-2;

interface Contestant extends Entry {
  given: Given;
  /** Calls once more. */
  again(): Promise<Values[]>;
}

export class FunctionJob implements Job {
  readonly label = 'the function';
  readonly chargesFirstCall = false;
  readonly obstacle = null;
  /** The active backend, if it has started. */
  private readonly homeBackend: KernelBackend | undefined = engine().registry[getBackend()];
  private readonly home = this.homeBackend ? getBackend() : null;
  private readonly readAhead = new ReadAhead((backend) => readsLater(nameOf(backend)));
  /** The data that kernels were given on the active backend, if its values have to be read ahead. */
  private readonly used = new Set<DataId>();
  private isExplored = false;
  private readonly firstNew = nextTensorId();
  private readonly variables = new Set(variablesOfProgram());
  private readonly calls: FunctionCalls;

  constructor(
    run: () => unknown,
    private readonly options: FunctionOptions,
  ) {
    this.calls = new FunctionCalls(run, this.readAhead, this.firstNew, options);
  }

  expectedMs(backend: string, seen: Known | null): number {
    // What it reads is found out there, and has to be before others can be tried.
    if (backend === this.home && readsLater(backend)) return 0;
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
    if (backend !== this.home) await this.explore();
    const visit = new BackendVisit(backend, this.readAhead, this.firstNew, this.explorer(backend));
    try {
      const first = await this.calls.first(visit);
      const halfFloats = factsOf(backend)?.halfFloats?.() ?? false;
      const entry: Contestant = {
        backend,
        firstMs: first.ms,
        given: {backend, result: first.values, tolerance: tolerance ?? (halfFloats ? HALF_FLOAT_TOLERANCE : TOLERANCE)},
        run: (calls) => this.calls.timed(visit, calls, first.isAsync),
        again: async () => (await this.calls.first(visit)).values,
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
      onNote('the results were not compared, since the function returns no tensors or numbers');
    }
    const {out, note} = contradicted(contestants.map(({given}) => given));
    if (out.size === 0 && note === null) return out;
    for (const {given, again} of contestants) {
      try {
        if (difference({...given, result: await again()}, given) === null) continue;
      } catch {
        continue; // it will be found out when it is timed
      }
      onNote('the results were not compared, since the function returns a different result in each call');
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
    const {home} = this;
    if (home !== null && readsLater(home) && !this.isExplored && lossOf(home) === null) {
      const visit = new BackendVisit(home, this.readAhead, this.firstNew, this.explorer(home));
      try {
        await this.calls.first(visit);
      } finally {
        visit.end();
      }
    }
    await this.readAhead.read([...this.used]);
  }

  private explorer(backend: string): ((ids: DataId[]) => void) | null {
    if (backend !== this.home || !readsLater(backend) || this.isExplored) return null;
    this.isExplored = true;
    return (ids) => {
      for (const id of ids) this.used.add(id);
    };
  }
}
