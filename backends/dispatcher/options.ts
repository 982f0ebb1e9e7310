import {engine} from '@tensorflow/tfjs-core';
import {checkOptions, option, show} from '../../kernels/check';
import {now} from './environment';
import {PACKAGES} from './facts';
import type {Progress} from './measure';
import {START_LIMIT_MS} from './start';
import type {Remember} from './storage';
import type {Task} from './workload';

/** Options of `rankBackends`. */
export interface RankOptions {
  /** `estimate`, the default: at once, by the cost model and what was measured before. `measure`: by timing them. */
  mode?: 'estimate' | 'measure';
  /** The backends to be compared, by default all that are registered with tfjs. */
  candidates?: readonly string[];
  /** How many milliseconds measuring may take, with starting backends; 1000 by default. */
  budgetMs?: number;
  /** Always the same answer on the same machine: by the shipped cost model alone. */
  deterministic?: boolean;
  /** Told how far measuring has come. */
  onProgress?: (progress: Progress) => void;
  /** Milliseconds; performance.now by default, or Date.now where there is none. */
  clock?: () => number;
  /** Where measured results are kept and looked up: see {@link Remember}. True, in memory, by default. */
  remember?: Remember;
  /** How many milliseconds a backend may take to start; 5000 by default. */
  startLimitMs?: number;
}

/** The options with their defaults. */
export type Settings = Required<RankOptions>;

/** @throws if an option is not what it must be */
export function settingsOf(options: RankOptions, tasks: Task[]): Settings {
  checkOptions('rankBackends', options);
  const settings: Settings = {
    mode: option(options, 'mode', 'estimate'),
    budgetMs: option(options, 'budgetMs', 1000),
    deterministic: option(options, 'deterministic', false),
    remember: option(options, 'remember', true),
    onProgress: option(options, 'onProgress', () => {}),
    clock: option(options, 'clock', now),
    startLimitMs: option(options, 'startLimitMs', START_LIMIT_MS),
    candidates: option(options, 'candidates', engine().backendNames()),
  };
  checkKinds(settings);
  const {mode, budgetMs, startLimitMs, candidates} = settings;
  if (mode !== 'estimate' && mode !== 'measure') {
    throw new Error(`mode is ${show(mode)}. Allowed are 'estimate' and 'measure'.`);
  }
  checkMs('budgetMs', budgetMs);
  checkMs('startLimitMs', startLimitMs);
  const known = new Set([...engine().backendNames(), ...PACKAGES.keys()]);
  for (const {residency} of tasks) {
    if (residency !== null && !known.has(residency)) {
      throw new Error(`residency is ${residency}, but there is no such backend. Allowed are ${[...known].join(', ')}.`);
    }
  }
  return {...settings, candidates: [...new Set(candidates)]};
}

/** @throws if a time limit is no number of milliseconds */
export function checkMs(name: string, value: number): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new Error(`${name} is ${show(value)}. It must be a number of milliseconds from 0.`);
}

const isFunction = (value: unknown) => typeof value === 'function';

/** What the options with no range of their own must be. */
const KINDS: [keyof RankOptions, string, (value: unknown) => boolean][] = [
  ['candidates', 'an array of names of backends', isNames],
  ['deterministic', 'true or false', (value) => typeof value === 'boolean'],
  ['remember', "true, false, 'localStorage' or the name of a file", isPlace],
  ['onProgress', 'a function', isFunction],
  ['clock', 'a function', isFunction],
];

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isPlace(value: unknown): boolean {
  return typeof value === 'boolean' || (typeof value === 'string' && value !== '');
}

function checkKinds(settings: Settings): void {
  for (const [name, what, isRight] of KINDS) {
    const value = settings[name];
    if (!isRight(value)) throw new Error(`${name} is ${show(value)}. It must be ${what}.`);
  }
}
