// Masks: one byte for each element, not 0 if the element takes part.

/** All ones in the bytes of masked-out elements. */
@inline export function maskedOut(flags: v128): v128 {
  return i8x16.eq(flags, i8x16.splat(0));
}

/** Four of the sixteen bytes as lanes, of all ones or zeros: those of vector 0, 1, 2 or 3. */
@inline export function lanesOf(bytes: v128, vector: i32): v128 {
  let half = vector < 2 ? i16x8.extend_low_i8x16_s(bytes) : i16x8.extend_high_i8x16_s(bytes);
  return vector & 1 ? i32x4.extend_high_i16x8_s(half) : i32x4.extend_low_i16x8_s(half);
}

/** All ones in the lanes of masked-out elements, of those at m to m + 3. */
@inline export function fourMaskedOut(m: usize): v128 {
  return lanesOf(maskedOut(v128.load32_zero(m)), 0);
}

/** The same of elements in four rows: at m, and at the distances e1 to e3 from it. */
@inline export function maskedOutInRows(m: usize, e1: usize, e2: usize, e3: usize): v128 {
  let flags = v128.load8_lane(m, i8x16.splat(0), 0);
  flags = v128.load8_lane(m + e1, flags, 1);
  flags = v128.load8_lane(m + e2, flags, 2);
  flags = v128.load8_lane(m + e3, flags, 3);
  return lanesOf(maskedOut(flags), 0);
}

/** 0 for each of n results whose element is masked out. */
export function zeroMaskedOut(y: usize, n: u32, m: usize): void {
  do {
    if (!load<u8>(m)) store<f32>(y, 0);
    y += 4;
    m += 1;
  } while (--n);
}
