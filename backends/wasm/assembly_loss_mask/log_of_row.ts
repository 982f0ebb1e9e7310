import {LOG_BIAS, floorOf, magicOf, octavesOf, shiftOf} from '../assembly/exp';
import {logOfSum} from '../assembly/log';
import {sumOfOthers, tiesOfLastRow} from './sweeps';

/** log Σ e^(scale·x - max) of a contiguous row of four or more. */
export function logOfRow(x: usize, m: usize, bytes: usize, counts: v128, scale: v128, max: v128): f64 {
  let shift = shiftOf(max);
  let octaves = octavesOf(max, shift);
  let floor = floorOf(octaves, LOG_BIAS);
  let sum = sumOfOthers(x, m, bytes, counts, scale, max, shift, floor, magicOf(octaves, LOG_BIAS));
  return f64x2.extract_lane(logOfSum(tiesOfLastRow(), f64x2.splat(sum), max), 0);
}
