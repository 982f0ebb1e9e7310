import {tensor, tidy} from '@tensorflow/tfjs-core';
import {withBackend} from '../../tfjs/active_backend';
import {expectedRows, mismatch, toleranceOf} from './check';
import {messageOf} from './environment';
import type {Op} from './ops';
import {runnerOf} from './ops';

/** Rows on which faulty softmaxes fail: -Infinity, a large offset, a tie, a confident maximum, numbers below -1e20. */
const LOGITS = [
  [1, 2, 3, 4, 5],
  [0, Number.NEGATIVE_INFINITY, 2, -1e9, 1],
  [10001, 10000, 9999, 10001, 10000],
  [-3e4, 3, 0.25, -0.5, 0],
  [-1e30, -1e30, -1e30, -1e30, -1e30],
];
/** The same for half floats, whose largest number is 65504. */
const SMALL_LOGITS = LOGITS.slice(0, 2).concat([[4, 3, 2, 4, 3]]);
const CHECKED_OPS: Op[] = ['softmax', 'logSumExp', 'gradSoftmax', 'gradLogSoftmax'];

/** @returns null if a small softmax and its gradient are right on a backend that has started, or what is wrong */
export function selfCheck(backend: string): string | null {
  const tolerance = toleranceOf(backend);
  const logits = tolerance > 1e-3 ? SMALL_LOGITS : LOGITS;
  const rows = {outer: logits.length, n: logits[0]!.length, inner: 1};
  const x = Float32Array.from(logits.flat());
  const v = x.map((_, i) => ((i * 7) % 11) - 5);
  try {
    return withBackend(backend, () => {
      for (const op of CHECKED_OPS) {
        const result = tidy(() => {
          const [logitsTensor, vector] = [x, v].map((values) => tensor(values, [rows.outer, rows.n]));
          return runnerOf(op)(logitsTensor!, vector!, 1).dataSync();
        });
        const wrong = mismatch(result, expectedRows(op, x, v, rows, rows.outer), 1, tolerance);
        if (wrong) return `${op} ${wrong}`;
      }
      return null;
    });
  } catch (error) {
    return `throws: ${messageOf(error)}`;
  }
}
