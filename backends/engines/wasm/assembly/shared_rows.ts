// A long row that several threads share. Every thread takes some pieces of it through a step; when all are through, the next step
// begins. What a step finds out about a piece is stored in the slot of the piece; the next steps read all slots of the row. One
// thread sums the same pieces in the same order, so that the bits are the same.
//
// (x, y, outer, n, inner, scale, v, slot, step, slots, count, end)
//   x       where the first of `outer` neighbouring pieces is; likewise y and slot
//   v       where that piece of a gradient's vector is; or in steps with a mask, where the row's mask ends; or 0
//   step    its number, and WITH_MASK more if the row has a mask
//   slots   the slot of the row's first piece; there are `count`
//   end     where the row ends, and its last piece with it

import {isWide, smallestNormal} from './divide';
import {exactFactor, isExactScale} from './kinds';
import {logOfSum} from './log';
import {settleInfinite} from './log_sum_exp';
import {
  PIECE, divideNarrow, divideWide, expsOfPiece, lowest, maxima, pieceOf, setMask, subtractLogDouble, subtractLogExact,
  subtractLogMasked, subtractLogPlain, sumOfOthers, sumOfOthersDouble, ties as tiesOfPiece,
} from './long_rows';
import {zeroMaskedOut} from './mask';
import {subtractTimesNarrow, subtractTimesWide, totalOf} from './product_long_rows';
import {demote, maxOfLanes, minOfLanes, promoteLow} from './simd';

// The steps, as in ../pieces.ts: the maximum and the minimum of a row; sums of exponentials, of which those of softmax are stored;
// the results.
const EXTREMES = 0;
const EXPS = 1;
const OTHERS = 2;
const SOFTMAX = 3;
const LOG_SOFTMAX = 4;
/** Its one number takes one call for the whole row. */
const LOG_SUM_EXP = 5;
/** The derivative of logSoftmax, from logits. */
const GRADIENT = 6;
/** Added to a step if the row has a mask. */
const WITH_MASK = 8;

// A slot has the maximum and the minimum in floats, the sum, and the number of maxima left out of it; the first one has Σ v too.
const SLOT: usize = 32;

export function piecesOfLongRows(
  x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64, v: usize, slot: usize,
  step: i32, slots: usize, count: u32, end: usize,
): void {
  let largest: f32 = -Infinity;
  let smallest: f32 = Infinity;
  let first = slots;
  let start = slots;
  let sum: f64 = 0;
  let ties = 0;
  // A field of a slot may hold anything until a step has stored it; no step uses one before.
  do {
    if (load<f32>(slots) > largest) {
      largest = load<f32>(slots);
      first = slots;
    }
    smallest = min(smallest, load<f32>(slots, 4));
    sum += load<f64>(slots, 8);
    ties += load<i32>(slots, 16);
    slots += SLOT;
  } while (--count);
  let maskEnd = step & WITH_MASK ? v : 0;
  step &= ~WITH_MASK;
  let exact = isExactScale(scale);
  let factor = f32x4.splat(exactFactor(scale));
  let m = f32x4.splat(largest);
  let logit = f32x4.div(m, factor);
  let wide = !exact || maskEnd != 0 || isWide(f32x4.splat(smallest), m);
  do {
    let bytes = pieceOf(end - x);
    let mask = maskEnd ? maskEnd - ((end - x) >> 2) : 0;
    setMask(mask);
    if (step == EXTREMES) {
      store<f32>(slot, maxOfLanes(maxima(x, bytes, scale, factor, true, true)));
      store<f32>(slot, minOfLanes(lowest), 4); // with a mask of no meaning, and not used
    } else if (step == EXPS) {
      store<f64>(slot, expsOfPiece(m, x, y, bytes, scale, factor, exact), 8);
      if (v && !mask && slot == start) store<f64>(slot, totalOf(v, end - x), 24);
    } else if (step == OTHERS) {
      // On one thread maxima are sought up to the first piece that has one, and some masked out may be found before.
      let isFirst = mask ? slot <= first : slot == first;
      let others = exact
        ? sumOfOthers(x, 0, bytes, logit, factor, scale == 1, isFirst, false)
        : sumOfOthersDouble(x, bytes, logit, scale);
      store<f64>(slot, others, 8);
      store<i32>(slot, tiesOfPiece, 16);
    } else if (step == SOFTMAX) {
      let one = f32x4.splat(f32(1 / sum));
      let sums = f64x2.splat(sum);
      if (wide) divideWide(y, bytes, one, smallestNormal(sums, sums));
      else divideNarrow(y, bytes, one);
      // A masked-out element is 0 even in a row that is NaN, or has nothing else.
      if (mask && isNaN(sum)) zeroMaskedOut(y, u32(bytes >> 2), mask);
    } else if (step == GRADIENT) {
      let total = load<f64>(start, 24);
      if (wide) subtractTimesWide(y, v, bytes, sum, total, f32x4.splat(f32(scale)));
      else subtractTimesNarrow(y, v, bytes, sum, total, f32x4.splat(f32(scale)));
    } else {
      let log = logOfSum(i32x4.splat(ties), f64x2.splat(sum), exact ? m : f32x4.sub(m, m));
      if (step == LOG_SUM_EXP) {
        let max = exact ? f64(largest) : scale * f64(f32x4.extract_lane(logit, 0));
        store<f32>(y, f32(max + f64x2.extract_lane(log, 0)));
        settleInfinite(x, y, 1, u32((end - x) >> 2), 1, scale, 1, mask, 1);
      } else if (mask) subtractLogMasked(x, y, bytes, factor, m, demote(log, log), mask);
      else if (!exact) subtractLogDouble(x, y, bytes, f64x2.splat(scale), promoteLow(logit), log);
      else if (scale == 1) subtractLogPlain(x, y, bytes, m, demote(log, log));
      else subtractLogExact(x, y, bytes, factor, m, demote(log, log));
    }
    x += PIECE;
    y += PIECE;
    v += PIECE;
    slot += SLOT;
  } while (--outer);
  setMask(0);
}
