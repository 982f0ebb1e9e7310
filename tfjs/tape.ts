import type {Tensor} from '@tensorflow/tfjs-core';
import {engine} from '@tensorflow/tfjs-core';

/** What tfjs's engine does not declare. */
interface Tape {
  state?: {
    gradientDepth?: number;
    activeTape?: {inputs: Record<string, Tensor>; saved?: Tensor[]}[] | null;
  };
}

/**
 * How many `tf.grad` are under way around what runs now: 0 if nothing is recorded. What runs at depth 1 is derived at
 * depth 0, and that derivative never again. Infinity if this tfjs does not tell: then everything is kept for all orders.
 */
export function gradientDepth(): number {
  return (engine() as unknown as Tape).state?.gradientDepth ?? Number.POSITIVE_INFINITY;
}

/**
 * An input of the recorded kernel that saved this very tensor.
 *
 * For a derivative that is recorded although its kernel ran at depth 1. So it is where an inner `tf.grad` is taken with
 * respect to a tensor from which the outer function had computed already.
 *
 * @throws if it has been disposed
 */
export function recordedInput(op: string, name: string, saved: Tensor): Tensor {
  const tape = (engine() as unknown as Tape).state?.activeTape ?? [];
  const input = tape.find((node) => node.saved?.includes(saved))?.inputs[name];
  if (!input || input.isDisposed) {
    throw new Error(
      `${op}: its second derivative needs the ${name}, which are disposed. ` +
        `Keep them with tf.keep, or compute the ${op} within the function of the inner tf.grad.`,
    );
  }
  return input;
}
