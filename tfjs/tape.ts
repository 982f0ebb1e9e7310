/**
 * What is being differentiated.
 *
 * Relies on: `engine().state.gradientDepth` counts the tf.grad calls that are open, `engine().state.kernelDepth` the kernels
 * that are running, in which nothing is recorded, and `engine().state.activeTape` lists the
 * recorded kernels with their inputs and saved tensors. Both are checked: where they are missing, everything is kept for
 * derivatives of any order.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import {ENGINE} from './engine';

interface Tape {
  state?: {
    gradientDepth?: number;
    kernelDepth?: number;
    activeTape?: {inputs: Record<string, Tensor>; saved?: Tensor[]}[] | null;
  };
}

/**
 * How many `tf.grad` are open around what runs now; 0 if nothing is recorded. A kernel that runs at depth 1 is
 * differentiated at depth 0, and its derivative never again. Infinity if this tfjs does not tell.
 */
export function gradientDepth(): number {
  return (ENGINE as unknown as Tape).state?.gradientDepth ?? Number.POSITIVE_INFINITY;
}

/**
 * An input of the recorded kernel that saved this very tensor.
 *
 * Needed when an inner tf.grad differentiates with respect to a tensor that the outer function had used before: the forward
 * kernel ran at gradient depth 1 and saved no input, and its gradient is recorded all the same.
 *
 * @throws if the input has been disposed
 */
export function recordedInput(op: string, name: string, saved: Tensor): Tensor {
  const tape = (ENGINE as unknown as Tape).state?.activeTape ?? [];
  const input = tape.find((node) => node.saved?.includes(saved))?.inputs[name];
  if (!input || input.isDisposed) {
    throw new Error(
      `${op}: its second derivative needs the ${name}, which are disposed. ` +
        `Keep them with tf.keep, or compute the ${op} within the function of the inner tf.grad.`,
    );
  }
  return input;
}

/** Releases what a tf.grad that has thrown has saved: tfjs leaves that on the tape, and in memory. */
export function abandonTape(): void {
  const {state} = ENGINE as unknown as Tape;
  if (!state?.activeTape || state.gradientDepth !== 0) return;
  for (const {saved} of state.activeTape) for (const tensor of saved ?? []) tensor.dispose();
  state.activeTape = null;
}

/** Runs an action in which a tf.grad has a tape of its own, as if nothing around it were differentiated or running. */
export function withOwnTape<T>(action: () => T): T {
  const state = (ENGINE as unknown as Required<Tape>).state;
  const {gradientDepth = 0, kernelDepth = 0, activeTape = null} = state;
  Object.assign(state, {gradientDepth: 0, kernelDepth: 0, activeTape: null});
  try {
    return action();
  } catch (error) {
    abandonTape();
    throw error;
  } finally {
    Object.assign(state, {gradientDepth, kernelDepth, activeTape});
  }
}
