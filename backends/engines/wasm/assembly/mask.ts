// Masks: a byte an element, not 0 where it takes part.

/** All ones in the lanes of the elements at m to m + 3 that are taken out. */
@inline export function fourGone(m: usize): v128 {
  let bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(m));
  return i32x4.eq(i32x4.extend_low_i16x8_u(bytes), i32x4.splat(0));
}

/** All ones in the lanes of those that take part, of four elements in as many rows, at m and at these distances from it. */
@inline export function kept(m: usize, e1: usize, e2: usize, e3: usize): v128 {
  let flags = i32x4.splat(load<u8>(m));
  flags = i32x4.replace_lane(flags, 1, load<u8>(m + e1));
  flags = i32x4.replace_lane(flags, 2, load<u8>(m + e2));
  flags = i32x4.replace_lane(flags, 3, load<u8>(m + e3));
  return i32x4.ne(flags, i32x4.splat(0));
}
