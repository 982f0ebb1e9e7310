/**
 * Whether a backend that has started is right: each variant of its kernels that its plans would choose is run once, on numbers
 * of its own, and compared with float64. What the ops give is not asked: small tensors never reach most of the kernels.
 */
import {engine, type KernelBackend, type Tensor, tensor} from '@tensorflow/tfjs-core';
import {withBackend} from '../../tfjs/active_backend';
import type {Trial} from '../engines/types';
import {ensureKernels, implementationOn} from '../registration';
import {WrongResult} from '../wrong_result';
import {toleranceOf} from './check';
import {messageOf} from './environment';
import {lossOf} from './facts';
import {read} from './finish';
import type {Failed} from './race';
import {pauses} from './stopwatch';
import {type TrialData, trialData, wrongIn as wrongInTrial} from './trial_data';
import {DIVIDED, nameOf, type Planned, SHARED_ROWS, trialsFor} from './variants';

/** One variant of a backend's kernels. */
export interface CheckedVariant {
  /** The kernel, and the layout of its rows or the place where it runs. */
  name: string;
  /** What is wrong with its results; null if it passed. */
  problem: string | null;
}

export interface SelfCheck {
  /** What is wrong, for people; null if everything that ran is right. */
  problem: string | null;
  /** Whether something has computed a wrong result: other problems may not come again. */
  isWrong: boolean;
  /** What ran. */
  variants: CheckedVariant[];
  /** How many did not, since the time was up. */
  left: number;
}

/** Of backend objects: one that is started anew is checked anew. */
const checks = new WeakMap<KernelBackend, SelfCheck>();

/** So many trials were run. Each has numbers of its own: what an earlier one has left in a buffer is right in no later one. */
let trials = 0;

/**
 * Checks a backend that has started. It takes a few milliseconds; on a GPU, where each variant is compiled first, some more.
 *
 * @param isTimeUp once it says so, no further variant begins
 */
export async function selfCheck(name: string, isTimeUp = () => false): Promise<SelfCheck> {
  const variants: CheckedVariant[] = [];
  let left = 0;
  const pause = pauses();
  const planned = lossOf(name) ?? trialsOrFailure(name);
  if (typeof planned === 'string') return {problem: planned, isWrong: false, variants, left};
  let isWrong = false;
  const add: Add = (names, failure) => {
    isWrong ||= failure?.isWrong === true;
    variants.push(...names.map((variant) => ({name: variant, problem: failure?.problem ?? null})));
  };
  for (const [i, {trial, variants: names}] of planned.entries()) {
    if (i > 0 && isTimeUp()) {
      left += names.length;
      continue;
    }
    await pause();
    add(names, await failureIn(name, trial));
  }
  if (!(await checkThreads(name, isTimeUp, add))) left++;
  const check = {problem: summaryOf(name, variants), isWrong: isWrong && lossOf(name) === null, variants, left};
  const backend = engine().registry[name];
  if (backend) checks.set(backend, check);
  return check;
}

/** The wrong result that was found when a backend was last checked; null if there was none, or it was not checked yet. */
export function knownProblem(name: string): string | null {
  const wrong = lastWrong(name);
  return wrong && !wrong.mayPass ? wrong.failure : null;
}

/** What is wrong with a backend. It is checked unless it was before, and what came of it still holds. */
export async function problemWith(name: string, isTimeUp: () => boolean): Promise<Failed | null> {
  const wrong = lastWrong(name);
  if (wrong !== undefined && !wrong?.mayPass) return wrong;
  return wrongIn(await selfCheck(name, isTimeUp));
}

/** Undefined if it was not checked yet. */
function lastWrong(name: string): Failed | null | undefined {
  const backend = engine().registry[name];
  const check = backend && checks.get(backend);
  return check && wrongIn(check);
}

function wrongIn({problem, isWrong}: SelfCheck): Failed | null {
  if (problem === null) return null;
  return isWrong ? {failure: `wrong result: ${problem}`} : {failure: problem, mayPass: true};
}

function trialsOrFailure(name: string): Planned[] | string {
  try {
    return trialsFor(name);
  } catch (error) {
    return `cannot say what it would run: ${messageOf(error)}`;
  }
}

function summaryOf(name: string, variants: CheckedVariant[]): string | null {
  const wrong = variants.filter(({problem}) => problem !== null);
  if (wrong.length === 0) return null;
  const reason = lossOf(name);
  if (reason) return reason;
  const count = wrong.length === variants.length ? 'all' : `${wrong.length} of`;
  const {name: first, problem} = wrong[0]!;
  return `${first} ${problem}${wrong.length > 1 ? `; ${count} ${variants.length} variants fail` : ''}`;
}

/** So often threads are given work in which each is to have a part: who sleeps is woken by some of it only. */
const MOST_TURNS = 50;

/** What is wrong with one variant: its result, or what it throws. */
interface Failure {
  problem: string;
  isWrong: boolean;
}

/**
 * Whether threads compute as this one does, with a part for each, as further variants; none where there are no others.
 *
 * @returns false if some had no part
 */
async function checkThreads(name: string, isTimeUp: () => boolean, add: Add): Promise<boolean> {
  const {threads, pool, sharesRows} = implementationOn(name);
  const backend = engine().registry[name] as never;
  const before = pool?.(backend)?.taken;
  for (let turn = 0; ; turn++) {
    const count = threads?.(backend) ?? 1;
    if (count === 1) return true;
    if (turn === MOST_TURNS || isTimeUp()) return false;
    pool?.(backend)?.forgetLosses();
    const failure = await failureIn(name, DIVIDED);
    const isWhole = pool!(backend)?.taken.every((parts, i) => parts > (before?.[i] ?? 0));
    if (failure !== null || isWhole) {
      add([`each of ${count} threads`], failure);
      for (const trial of sharesRows && failure === null ? SHARED_ROWS : []) {
        pool?.(backend)?.forgetLosses();
        add([`${nameOf(trial)} of a row that threads share`], await failureIn(name, trial));
      }
      return true;
    }
    await new Promise((done) => setTimeout(done)); // meanwhile others start
  }
}

/** Adds what came of some variants, which one trial ran. */
type Add = (names: string[], failure: Failure | null) => void;

/** Null if the trial is right. */
async function failureIn(name: string, trial: Trial): Promise<Failure | null> {
  const data = trialData(trial, trials++, toleranceOf(name) > 1e-3);
  let result: Tensor | null = null;
  try {
    result = withBackend(name, () => run(data));
    const values = await read(name, result);
    const wrong = wrongInTrial(values, trial, data, toleranceOf(name));
    return wrong === null ? null : {problem: wrong, isWrong: true};
  } catch (error) {
    return {problem: `throws: ${messageOf(error)}`, isWrong: error instanceof WrongResult};
  } finally {
    result?.dispose();
  }
}

/** Runs the kernel of a trial on the active backend, on tensors that are where its kernels want them. */
function run(data: TrialData): Tensor {
  const tfjs = engine();
  const backend = tfjs.backend as KernelBackend & {uploadToGPU?(dataId: object): void};
  ensureKernels();
  return tfjs.tidy(() => {
    const inputs: Record<string, Tensor> = {};
    for (const [input, {values, shape, dtype}] of Object.entries(data.inputs)) {
      const given = tensor(values, shape, dtype);
      inputs[input] = given;
      backend.uploadToGPU?.(given.dataId); // otherwise small tensors are computed on the CPU
    }
    return tfjs.runKernel<Tensor>(data.kernel, inputs, data.attrs);
  });
}
