// Masks: one byte for each element, not 0 if the element takes part.

/** All ones in the lanes of masked-out elements, of those at m to m + 3. */
@inline export function fourMaskedOut(m: usize): v128 {
  let bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(m));
  return i32x4.eq(i32x4.extend_low_i16x8_u(bytes), i32x4.splat(0));
}

/** All ones in the lanes whose element takes part. The four are in four rows: at m, and at the distances e1 to e3 from it. */
@inline export function kept(m: usize, e1: usize, e2: usize, e3: usize): v128 {
  let flags = i32x4.splat(load<u8>(m));
  flags = i32x4.replace_lane(flags, 1, load<u8>(m + e1));
  flags = i32x4.replace_lane(flags, 2, load<u8>(m + e2));
  flags = i32x4.replace_lane(flags, 3, load<u8>(m + e3));
  return i32x4.ne(flags, i32x4.splat(0));
}
