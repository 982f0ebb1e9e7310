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

const LOGITS = [1, 2, 3, 0, Number.NEGATIVE_INFINITY, 0];

/** Two rows of three, and three columns of two. */
const ROWS: Rows[] = [
  {outer: 2, n: 3, inner: 1},
  {outer: 1, n: 2, inner: 3},
];

function wrongOn(forward: (request: ForwardRequest) => Tensor): string {
  for (const rows of ROWS) {
    for (const kind of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
      const rowOf = (i: number) => (rows.inner === 1 ? Math.floor(i / 3) : i % 3);
      const x = tf.add(LOGITS, 0); // the result of an op, which is where a GPU has it
      const outputShape = [kind === 'logSumExp' ? 6 / rows.n : 6];
      let result: ArrayLike<number>;
      try {
        result = forward({kind, x, rows, scale: 1, mask: null, outputShape}).dataSync();
      } catch {
        return ''; // it is read later only, or throws by itself
      }
      for (let i = 0; i < 6; i++) {
        const row = rowOf(i);
        const logSumExp = Math.log(LOGITS.reduce((sum, v, j) => (rowOf(j) === row ? sum + Math.exp(v) : sum), 0));
        const logSoftmax = LOGITS[i]! - logSumExp;
        const is = result[kind === 'logSumExp' ? row : i]!;
        const right = {softmax: Math.exp(logSoftmax), logSoftmax, logSumExp}[kind];
        if (is !== right && !(Math.abs(is - right) < 0.01)) return `${kind} gives ${is} where ${right} is right`;
      }
    }
  }
  return '';
}
