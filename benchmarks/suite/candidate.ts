import {cached, check, type Fault} from './check';
import type {Clock} from './clock';
import type {Fingerprint} from './fingerprint';
import type {OpName} from './ops';
import type {Peer, Runner} from './peer';
import {rightResults} from './right_results';
import {quantile} from './statistics';
import type {Which, Workload} from './workload';

/** Someone to be timed, in this process or in one of its own. */
export interface Contender {
  /** `ours`, `stock`, `onnxruntime-web` and so on. */
  name: string;
  ops: readonly OpName[];
  enter(workload: Workload): Promise<Candidate>;
}

/** A contender that is ready for one workload. */
export interface Candidate {
  /** Whether each sample waits for a GPU, and should be longer for that. */
  queued: boolean;
  /** Before its times count: the first call, its results beside float64, what a call launches on a GPU. */
  check(): Promise<Checked>;
  /** @param first which input the first of the calls has; the next call has the other */
  sample(calls: number, first: Which): Promise<Sample>;
  dispose(): Promise<void> | void;
}

/** What there is to know of a candidate but its times. */
export interface Checked {
  /** Set where it does not count. */
  fault: Fault | null;
  /** Worst error of the results, in ULP. */
  ulp: number | null;
  /** Compiling, tuning and uploading included. */
  firstCallMs: number | null;
  /** What a warm call launches on a GPU: draw calls or dispatches. */
  launches: number | null;
  /** How long the GPU is busy with a warm call, by its own clock. */
  gpuMs: number | null;
}

export const UNCHECKED: Checked = {fault: null, ulp: null, firstCallMs: null, launches: null, gpuMs: null};

export interface Sample {
  /** Measured times, in milliseconds per call. */
  ms: number;
  /** What was found out meanwhile; then the time does not count. */
  fault: Fault | null;
}

/** A peer of this process as a contender. */
export function here(peer: Peer, clock: Clock): Contender {
  const {name, ops} = peer;
  return {name, ops, enter: async (workload) => candidateOf(await peer.prepare(workload), peer, workload, clock)};
}

/** A runner as a candidate; a copy has no results that anybody asks for. */
export function candidateOf(
  runner: Runner,
  peer: Pick<Peer, 'name' | 'tolerance'>,
  workload: Workload,
  clock: Clock,
): Candidate {
  const isCopy = peer.name === 'copy';
  return {
    queued: runner.queued,
    check: () => checked(runner, isCopy ? null : peer, workload, clock),
    sample: (calls, first) => timed(runner, isCopy ? null : rightResults(workload).fingerprint, calls, first, clock),
    dispose: () => runner.dispose(),
  };
}

async function checked(
  runner: Runner,
  peer: Pick<Peer, 'tolerance'> | null,
  workload: Workload,
  clock: Clock,
): Promise<Checked> {
  const found = {...UNCHECKED};
  try {
    found.firstCallMs = await firstCall(runner, clock);
    if (peer) {
      const verdict = await check(runner, rightResults(workload).both(), peer);
      found.fault = verdict.fault;
      if (!verdict.fault) found.ulp = verdict.ulp;
    }
    if (runner.launches) found.launches = await launchesOf(runner, runner.launches);
    if (runner.gpuMs && !found.fault) found.gpuMs = await busyTime(runner.gpuMs);
  } catch (error) {
    found.fault = {mark: 'failed', reason: String(error)};
  }
  return found;
}

async function firstCall(runner: Runner, clock: Clock): Promise<number> {
  const start = clock.now();
  const out = await runner.run(0);
  await runner.peek(out, 0);
  const ms = clock.now() - start;
  runner.release(out);
  return ms;
}

async function launchesOf(runner: Runner, launches: () => number): Promise<number> {
  const before = launches();
  const out = await runner.run(0);
  const after = launches();
  runner.release(out);
  return after - before;
}

const GPU_SAMPLES = 5;

/** @returns null where the GPU has no clock */
async function busyTime(gpuMs: () => Promise<number>): Promise<number | null> {
  const samples: number[] = [];
  for (let i = 0; i < GPU_SAMPLES; i++) samples.push(await gpuMs());
  const median = quantile(samples, 0.5);
  return median > 0 ? median : null;
}

/**
 * Untimed calls before a sample, as a share of its calls. While the others had their turns, caches have gone cold; and in a
 * process of its own, which slept, the first milliseconds took up to twice as long.
 */
const WARM_SHARE = 0.5;

async function timed(
  runner: Runner,
  fingerprint: Fingerprint | null,
  calls: number,
  first: Which,
  clock: Clock,
): Promise<Sample> {
  const index = fingerprint?.index ?? 0;
  const inputOf = (call: number) => ((first + call) & 1) as Which;
  const run = async (from: number, end: number) => {
    for (let call = from; call < end; call++) {
      const out = runner.run(inputOf(call));
      runner.release(out instanceof Promise ? await out : out);
    }
  };
  const last = inputOf(calls - 1);
  try {
    if (!runner.queued) await run(-Math.ceil(WARM_SHARE * calls), 0); // a GPU would have them in its queue yet
    const start = clock.now();
    await run(0, calls - 1);
    const called = runner.run(last);
    const out = called instanceof Promise ? await called : called;
    let number = runner.queued ? await runner.peek(out, index) : Number.NaN;
    const ms = (clock.now() - start) / calls;
    if (!runner.queued) number = await runner.peek(out, index);
    runner.release(out);
    return {ms, fault: fingerprint && isOther(number, fingerprint.values, last) ? STALE : null};
  } catch (error) {
    return {ms: Number.NaN, fault: {mark: 'failed', reason: `while timed: ${error}`}};
  }
}

const STALE = cached('while timed, it returned the result of another input');

function isOther(number: number, values: [number, number], which: Which): boolean {
  const [right, other] = [values[which], values[which ? 0 : 1]];
  return !(Math.abs(number - right) <= Math.abs(number - other));
}
