import type {KernelBackend, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import type {ForwardKind} from '../engines/types';

/** What is wrong with a backend, or nothing; while it is being looked at, nothing. */
const found = new WeakMap<KernelBackend, string>();

/**
 * Whether composed ops are right on a backend is tried once, on its first call: a transpose that does not compile or a sum of the
 * wrong buffer gives numbers, and nobody would notice. Where results cannot be read at once, `backendReport()` and rankings try.
 *
 * @throws if they are not
 */
export function checkTrusted(backend: KernelBackend, forward: (request: ForwardRequest) => Tensor): void {
  let problem = found.get(backend);
  if (problem === undefined) {
    found.set(backend, '');
    problem = tf.tidy(() => wrongOn(forward));
    found.set(backend, problem);
  }
  if (problem) {
    throw new Error(
      `tfjs-softmax: on this backend the ops are combined from tfjs's own, which are wrong here: ${problem}. Choose ` +
        'another backend with tf.setBackend(), or a version of this one that is fixed.',
    );
  }
}

const KINDS: ForwardKind[] = ['softmax', 'logSoftmax', 'logSumExp'];
const LOGITS = [1, 2, 3, 0, Number.NEGATIVE_INFINITY, 0];

/** Of two rows of three, and of three columns of two. */
function wrongOn(forward: (request: ForwardRequest) => Tensor): string {
  for (const kind of KINDS) {
    for (const inner of [1, 3]) {
      const x = tf.add(LOGITS, 0); // the result of an op, which is where a GPU has it
      const rows = {outer: inner === 1 ? 2 : 1, n: inner === 1 ? 3 : 2, inner};
      const outputShape = [kind === 'logSumExp' ? 6 / rows.n : 6];
      let result: ArrayLike<number>;
      try {
        result = forward({kind, x, rows, scale: 1, mask: null, outputShape}).dataSync();
      } catch {
        return ''; // it is read later only, or throws by itself
      }
      for (let i = 0; i < 6; i++) {
        const row = inner === 1 ? Math.floor(i / 3) : i % 3;
        const logSum = Math.log(
          LOGITS.reduce((sum, v, j) => sum + ((inner === 1 ? Math.floor(j / 3) : j % 3) === row ? Math.exp(v) : 0), 0),
        );
        const logProbability = LOGITS[i]! - logSum;
        const is = result[kind === 'logSumExp' ? row : i]!;
        const right = {softmax: Math.exp(logProbability), logSoftmax: logProbability, logSumExp: logSum}[kind];
        if (is !== right && !(Math.abs(is - right) < 0.01)) return `${kind} gives ${is} where ${right} is right`;
      }
    }
  }
  return '';
}
