/** Results under it may be flushed to 0 on any backend. */
const FLUSHED = 2 ** -126;

/**
 * The error of a float32 result in units in the last place of the exact one.
 * Infinite where one is NaN, infinite or flushed and the other is not.
 */
export function ulpError(actual: number, exact: number): number {
  if (Number.isNaN(exact)) return Number.isNaN(actual) ? 0 : Number.POSITIVE_INFINITY;
  if (!Number.isFinite(Math.fround(exact))) return actual === Math.fround(exact) ? 0 : Number.POSITIVE_INFINITY;
  if (actual === 0 && Math.abs(exact) < FLUSHED) return 0;
  return Math.abs(actual - exact) / ulp(exact);
}

/** The error in ULP of max(|exact|, 1). */
export function ulpErrorAboveOne(actual: number, exact: number): number {
  return Math.abs(exact) >= 1 || Number.isNaN(exact) ? ulpError(actual, exact) : Math.abs(actual - exact) / ulp(1);
}

/** The error in ULP of a magnitude that may be larger than the result: see kernels/reference_table.ts. */
export function ulpErrorOf(magnitude: number, actual: number, exact: number): number {
  const special = ulpError(actual, exact);
  return special === 0 || special === Number.POSITIVE_INFINITY ? special : Math.abs(actual - exact) / ulp(magnitude);
}

/** The distance of neighbouring float32 numbers at x. */
export function ulp(x: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), -126);
  return 2 ** (exponent - 23);
}

/** The largest of `error` over all elements, and where it is. */
export function worst(
  actual: ArrayLike<number>,
  exact: ArrayLike<number>,
  error: (actual: number, exact: number, index: number) => number,
): {error: number; at: number} {
  if (actual.length !== exact.length) throw new Error(`${actual.length} results for ${exact.length} exact values`);
  let result = {error: 0, at: -1};
  for (let i = 0; i < exact.length; i++) {
    const e = error(actual[i]!, exact[i]!, i);
    if (!(e <= result.error)) result = {error: e, at: i};
  }
  return result;
}
