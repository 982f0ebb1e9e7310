import type {KernelBackend, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import type {Rows} from '../engines/types';
import {WrongResult} from '../wrong_result';

/** What is wrong with a backend, or nothing; while it is being looked at, nothing. */
const found = new WeakMap<KernelBackend, string>();

/**
 * Whether composed ops are right on a backend is tried once, on its first call: a transpose that does not compile or a sum of the
 * wrong buffer gives numbers, and nobody would notice. Where results cannot be read at once, `backendReport()` and rankings try.
 *
 * @throws {WrongResult} if they are not
 */
export function checkTrusted(backend: KernelBackend, forward: (request: ForwardRequest) => Tensor): void {
  if (!found.has(backend)) {
    found.set(backend, '');
    found.set(
      backend,
      tf.tidy(() => wrongOn(forward)),
    );
  }
  const problem = found.get(backend);
  if (problem) {
    throw new WrongResult(
      `tfjs-softmax: on this backend the ops are combined from tfjs's own, which are wrong here: ${problem}. Choose ` +
        'another backend with tf.setBackend(), or a version of this one that is fixed.',
    );
  }
}

/** Whose logarithms are the logits. */
const POWERS = [1, 2, 3, 1, 0, 1];

/** Two rows of three, and three columns of two, and the sums of their powers. */
const CASES: {rows: Rows; sums: number[]}[] = [
  {rows: {outer: 2, n: 3, inner: 1}, sums: [6, 2]},
  {rows: {outer: 1, n: 2, inner: 3}, sums: [2, 2, 4]},
];

function wrongOn(forward: (request: ForwardRequest) => Tensor): string {
  for (const {rows, sums} of CASES) {
    const probabilities = POWERS.map((power, i) => power / sums[rows.inner === 1 ? Math.floor(i / 3) : i % 3]!);
    const right = {softmax: probabilities, logSoftmax: probabilities.map(Math.log), logSumExp: sums.map(Math.log)};
    for (const kind of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
      const x = tf.add(POWERS.map(Math.log), 0); // the result of an op, which is where a GPU has it
      let result: ArrayLike<number>;
      try {
        result = forward({kind, x, rows, scale: 1, mask: null, outputShape: [right[kind].length]}).dataSync();
      } catch {
        return ''; // it is read later only, or throws by itself
      }
      for (const [i, expected] of right[kind].entries()) {
        const is = result[i]!;
        if (is !== expected && !(Math.abs(is - expected) < 0.01))
          return `${kind} gives ${is} where ${expected} is right`;
      }
    }
  }
  return '';
}
