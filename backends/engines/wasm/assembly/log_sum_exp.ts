// The end of rows of logarithms: log s of four at a time; and logSumExp of rows with an infinite maximum. There m + log s is NaN.
// No sweep looks for that: the kernels store the NaN, and `settleInfinite` and `limit` replace it in the end. A row with a NaN in
// it stays NaN.

import {LOG_SUM_EXP} from './kinds';
import {logOfSum} from './log';
import {demote, promoteHigh, promoteLow, upper} from './simd';

/** log s of four rows, or for LOG_SUM_EXP m + log s: see `logOfSum`; the sums are in two vectors. */
export function logsOfSums(ties: v128, low: v128, high: v128, max: v128, kind: i32): v128 {
  let logLow = logOfSum(ties, low, max);
  let logHigh = logOfSum(upper(ties), high, upper(max));
  if (kind == LOG_SUM_EXP) {
    logLow = f64x2.add(promoteLow(max), logLow);
    logHigh = f64x2.add(promoteHigh(max), logHigh);
  }
  return demote(logLow, logHigh);
}

/**
 * The largest scale·x of a row, or NaN if there is one: logSumExp where the largest is infinite. With a mask at m, of what
 * takes part, and -Infinity where nothing does; m is 0 where there is none.
 */
function limit(x: usize, m: usize, n: u32, xStep: usize, mStep: usize, scale: f64): f32 {
  let largest = -Infinity;
  do {
    if (!m || load<u8>(m)) {
      let logit = scale * f64(load<f32>(x));
      if (isNaN(logit)) return NaN;
      largest = max(largest, logit);
    }
    x += xStep;
    m += mStep;
  } while (--n);
  return f32(largest);
}

/** For the rows in the first `columns`. The mask is that of gathered_rows.ts. */
export function settleInfinite(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, columns: u32,
  m: usize = 0, mStep: usize = 0, mOuter: usize = 0, mInner: usize = 0,
): void {
  let width = usize(columns) << 2;
  let step = usize(inner) << 2;
  let o: u32 = 0;
  do {
    let i: usize = 0;
    do {
      if (isNaN(load<f32>(y + i))) {
        let row = x + usize(o) * n * step + i;
        store<f32>(y + i, limit(row, m + usize(o) * mOuter + (i >> 2) * mInner, n, step, mStep, scale));
      }
      i += 4;
    } while (i < width);
    y += step;
  } while (++o < outer);
}
