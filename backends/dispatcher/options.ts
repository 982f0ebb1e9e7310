import {engine} from '@tensorflow/tfjs-core';
import {checkOptions, option, show} from '../../kernels/check';
import type {Progress} from './race';
import {START_LIMIT_MS} from './start';
import {now} from './stopwatch';
import type {Remember} from './storage';
import {isName, LONGEST_NAME} from './wisdom_schema';

/** Options of `rankBackends`. */
export interface RankOptions {
  /**
   * `measure`, the default for a function, times the backends. `estimate`, the default for ops, answers at once, by a cost
   * model and earlier measurements.
   */
  mode?: 'estimate' | 'measure';
  /** The backends to compare; by default all that are registered with tfjs. */
  candidates?: readonly string[];
  /**
   * How many milliseconds measuring may take; 1000 by default. The time to start backends, and the first calls of a
   * function, which compile, are not counted.
   */
  budgetMs?: number;
  /** Use the shipped cost model alone, so that the answer is always the same on the same machine. */
  deterministic?: boolean;
  /** Called with the progress of measuring. */
  onProgress?: (progress: Progress) => void;
  /** A clock in milliseconds; performance.now by default, or Date.now if there is none. */
  clock?: () => number;
  /** Where measured results are kept and looked up: see {@link Remember}. By default true: in memory. */
  remember?: Remember;
  /**
   * How many milliseconds a backend may take to start; 5000 by default. All start at the same time. A backend that takes
   * longer is "not measured yet". The same limit holds for a promise that a function returns.
   */
  startLimitMs?: number;
  /** How often the program will run the workload. The first call, which compiles, then counts as one of that many. */
  calls?: number;
  /** For a function: a name under which its times are kept and looked up, since two functions cannot be told apart. */
  name?: string;
  /**
   * For a function: how much the results of backends may differ, relative to the largest number of a tensor; 0.005 by
   * default, and 0.05 for a backend that computes with half floats.
   */
  tolerance?: number;
}

/** The options with their defaults. */
export type Settings = ReturnType<typeof settingsOf>;

/**
 * @param ofFunction whether it is a function that is to be ranked for
 * @throws if an option is not what it must be
 */
export function settingsOf(options: RankOptions, ofFunction: boolean) {
  checkOptions('rankBackends', options);
  const settings = {
    mode: option(options, 'mode', ofFunction ? 'measure' : 'estimate'),
    budgetMs: option(options, 'budgetMs', 1000),
    deterministic: option(options, 'deterministic', false),
    remember: option(options, 'remember', true),
    onProgress: option(options, 'onProgress', () => {}),
    clock: option(options, 'clock', now),
    startLimitMs: option(options, 'startLimitMs', START_LIMIT_MS),
    candidates: option(options, 'candidates', engine().backendNames()),
    calls: option(options, 'calls', null),
    name: option(options, 'name', null),
    tolerance: option(options, 'tolerance', null),
  };
  for (const [name, what, isRight] of KINDS) {
    const value = settings[name];
    if (!isRight(value)) throw new Error(`${name} is ${show(value)}. It must be ${what}.`);
  }
  const {mode, budgetMs, startLimitMs, candidates} = settings;
  if (mode !== 'estimate' && mode !== 'measure') {
    throw new Error(`mode is ${show(mode)}. Allowed are 'estimate' and 'measure'.`);
  }
  checkMs('budgetMs', budgetMs);
  checkMs('startLimitMs', startLimitMs);
  for (const name of ['name', 'tolerance'] as const) {
    if (settings[name] === null || ofFunction) continue;
    throw new Error(`${name} is ${show(settings[name])}. It must be left out for ops: it is for functions.`);
  }
  return {...settings, candidates: [...new Set(candidates)]};
}

/** @throws if a time limit is no number of milliseconds */
export function checkMs(name: string, value: number): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new Error(`${name} is ${show(value)}. It must be a number of milliseconds from 0.`);
}

const isText = (value: unknown) => typeof value === 'string';
const isFunction = (value: unknown) => typeof value === 'function';

/** What the options with no range of their own must be. */
const KINDS: [keyof RankOptions, string, (value: unknown) => boolean][] = [
  ['candidates', 'an array of names of backends', (value) => Array.isArray(value) && value.every(isText)],
  ['deterministic', 'true or false', (value) => typeof value === 'boolean'],
  [
    'remember',
    "true, false, 'localStorage' or the name of a file",
    (value) => typeof value === 'boolean' || (isText(value) && value !== ''),
  ],
  ['onProgress', 'a function', isFunction],
  ['clock', 'a function', isFunction],
  [
    'calls',
    'a whole number from 1',
    (value) => value === null || (Number.isSafeInteger(value) && (value as number) > 0),
  ],
  ['name', `a text of 1 to ${LONGEST_NAME} characters, on one line`, (value) => value === null || isName(value)],
  ['tolerance', 'a number from 0', (value) => value === null || (typeof value === 'number' && value >= 0)],
];
