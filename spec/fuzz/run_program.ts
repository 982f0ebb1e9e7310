import * as tf from '@tensorflow/tfjs-core';
import type {Bounds} from '../../backends/backend';
import {implementationOn} from '../../backends/registration';
import {failNth} from '../hosts/failing';
import {releaseTape} from '../hosts/failure_table';
import type {FuzzCase, FuzzOutcome, Given} from './case';
import type {Step} from './program';
import {runCase, setInstalled} from './run';
import {LEFT, verdict} from './verdict';

/** Where programs run. */
export interface Stage {
  /** The backend that is tried, and others to switch to. */
  backend: string;
  others: string[];
  /** The bounds that results on the tried backend are held to. */
  bounds: Bounds;
  /** Set and called by tests of the backend itself: what its device complained of. */
  complaint?: () => string | undefined;
}

interface Bystander {
  tensor: tf.Tensor;
  given: Given;
  backend: string;
}

/**
 * Runs a program on the active backend, which is the one that is tried.
 *
 * @param count is told of each call on that backend
 * @returns what is wrong, for people; null if nothing is
 */
export async function runProgram(steps: Step[], stage: Stage, count: (calls: number) => void): Promise<string | null> {
  const before = stateOf();
  const bystanders: Bystander[] = [];
  try {
    for (const [i, step] of steps.entries()) {
      const wrong = (await take(step, stage, bystanders, count)) ?? stage.complaint?.();
      if (wrong) return `step ${i}, ${step.do}, on ${tf.getBackend()}: ${wrong}`;
    }
    return await changed(bystanders);
  } finally {
    setInstalled(false);
    forwardOnCpu(true);
    for (const {tensor} of bystanders) tensor.dispose();
    if (tf.getBackend() !== stage.backend) await tf.setBackend(stage.backend);
    const after = stateOf();
    // biome-ignore lint/correctness/noUnsafeFinally: what is left behind matters more than what else was found
    if (after !== before) return `${LEFT}: ${before} before the program, ${after} after it`;
  }
}

/** Bounds hold for rows that are chosen to be hard. Of millions at random a few go beyond: docs/accuracy.md says how far. */
function ofRandomRows({softmax, logSoftmax, logSumExp, product, ...rest}: Bounds): Bounds {
  const by = (bound: number) => 1.6 * bound;
  return {...rest, softmax: by(softmax), logSoftmax: by(logSoftmax), logSumExp: by(logSumExp), product: by(product)};
}

async function take(
  step: Step,
  {backend, others, bounds}: Stage,
  bystanders: Bystander[],
  count: (calls: number) => void,
): Promise<string | null> {
  const boundsHere = () =>
    ofRandomRows(tf.getBackend() === backend ? bounds : implementationOn(tf.getBackend()).bounds);
  const counted = (calls: number) => {
    if (tf.getBackend() === backend) count(calls);
  };
  switch (step.do) {
    case 'call':
      counted(1);
      return verdict(step.fuzzed, await runCase(step.fuzzed), boundsHere());
    case 'chain':
      counted(2);
      return runChain(step, step.on === null ? null : (others[step.on] ?? null), boundsHere);
    case 'fail':
      counted(2);
      return runFailing(step.fuzzed, step.nth, boundsHere());
    case 'install':
    case 'uninstall':
      setInstalled(step.do === 'install');
      return null;
    case 'keep': {
      const {given} = step;
      bystanders.push({tensor: tf.tensor(given.values, given.shape, given.dtype), given, backend: tf.getBackend()});
      return null;
    }
    case 'drop':
      for (const {tensor} of bystanders.splice(step.which, 1)) tensor.dispose();
      return null;
    case 'switch':
      await tf.setBackend(others[step.to] ?? backend);
      return null;
    case 'remove':
      return removeAndReturn(others[step.which], bystanders);
    case 'forward':
      forwardOnCpu(step.onCpu);
      return null;
  }
}

/** One op on what another has just computed, which nobody has read meanwhile. */
async function runChain(
  {first, second}: {first: FuzzCase; second: FuzzCase},
  on: string | null,
  boundsHere: () => Bounds,
): Promise<string | null> {
  const from = tf.getBackend();
  const bounds = boundsHere();
  let next: {outcome: FuzzOutcome; bounds: Bounds} | null = null;
  const outcome = await runCase(first, {
    async unread(logits) {
      if (on) await tf.setBackend(on);
      // tfjs's test mode takes a tensor that moves to this backend in a kernel within a kernel for one that is left there.
      tf.env().set('IS_TEST', on === null);
      next = {outcome: await runCase(second, {logits}), bounds: boundsHere()};
      tf.env().set('IS_TEST', true);
      if (on) await tf.setBackend(from);
    },
  });
  const wrong = verdict(first, outcome, bounds);
  if (wrong) return `the first op: ${wrong}`;
  const then = next as {outcome: FuzzOutcome; bounds: Bounds} | null;
  const logits = {...second.logits, values: Array.from(outcome.result!.values)};
  const wrongNext = verdict({...second, logits}, then!.outcome, then!.bounds);
  return wrongNext && `the second op: ${wrongNext}`;
}

/** With a failure in it, a call is right by another way, or says what failed; the next is right. */
async function runFailing(fuzzed: FuzzCase, nth: number, bounds: Bounds): Promise<string | null> {
  let failed: string | null = null;
  let inStock = false;
  const outcome = await runCase(fuzzed, {
    within: (call) => {
      const {result, failure, inStockKernel} = failNth(nth, call);
      [failed, inStock] = [failure, inStockKernel];
      if (failure !== null) releaseTape();
      return result();
    },
  });
  if (failed !== null && outcome.error) {
    if (inStock) excuse(outcome, fuzzed.gradient);
    if (!outcome.error.message) return `with ${failed} failing it threw an error without a message`;
    if (outcome.changes.length > 0) return `${LEFT} with ${failed} failing: ${outcome.changes.join('; ')}`;
  } else {
    const wrong = verdict(fuzzed, outcome, bounds);
    if (wrong) return failed === null ? wrong : `with ${failed} failing: ${wrong}`;
  }
  const wrong = verdict(fuzzed, await runCase(fuzzed), bounds);
  return wrong && `after ${failed} had failed: ${wrong}`;
}

/** What tfjs's own kernels, and tfjs where it saves their inputs, have left behind where something failed in them. */
const excused = {tensors: 0, buffers: 0, bytes: 0};

function excuse(outcome: FuzzOutcome, isGradient: boolean): void {
  for (const what of isGradient ? (['tensors', 'buffers', 'bytes'] as const) : (['buffers'] as const)) {
    const isOfThat = (change: string) => change.startsWith(`${what}: `);
    // The last is of the whole case: data that an input had too are left only once that is disposed of.
    const [was, is] = outcome.changes.filter(isOfThat).at(-1)?.match(/\d+/g)?.map(Number) ?? [0, 0];
    excused[what] += is! - was!;
    outcome.changes = outcome.changes.filter((change) => !isOfThat(change));
  }
}

async function removeAndReturn(name: string | undefined, bystanders: Bystander[]): Promise<string | null> {
  if (name === undefined || name === tf.getBackend()) return null;
  const factory = tf.findBackendFactory(name);
  for (const lost of bystanders.filter((one) => one.backend === name)) {
    lost.tensor.dispose();
    bystanders.splice(bystanders.indexOf(lost), 1);
  }
  const here = tf.getBackend();
  tf.removeBackend(name);
  tf.registerBackend(name, factory, 0);
  await tf.setBackend(name);
  await tf.setBackend(here);
  return null;
}

async function changed(bystanders: Bystander[]): Promise<string | null> {
  for (const {tensor, given} of bystanders) {
    const values = await tensor.data();
    const at = given.values.findIndex((value, i) => values[i] !== value);
    if (at >= 0) return `element ${at} of a bystander has become ${values[at]}, was ${given.values[at]}`;
  }
  return null;
}

/** What no program may change. */
function stateOf(): string {
  const tfjs = tf.engine();
  const {numTensors, numDataBuffers, numBytes} = tfjs.memory();
  const {scopeStack, gradientDepth, kernelDepth} = tfjs.state;
  const methods = Object.hasOwn(tfjs, 'runKernel') || Object.hasOwn(tfjs, 'customGrad') ? 'wrapped' : 'as tfjs has it';
  return (
    `${tfjs.backendName} active, ${numTensors - excused.tensors} tensors, ${numDataBuffers - excused.buffers} buffers, ` +
    `${numBytes - excused.bytes} bytes, ` +
    `${scopeStack.length} scopes, depths ${gradientDepth} and ${kernelDepth}, the engine ${methods}`
  );
}

function forwardOnCpu(isAllowed: boolean): void {
  const flags = tf.env().getFlags();
  for (const name of ['WEBGL_CPU_FORWARD', 'WEBGPU_CPU_FORWARD']) {
    if (name in flags || `${name}` in (tf.env() as unknown as {flagRegistry: object}).flagRegistry)
      tf.env().set(name, isAllowed);
  }
}
