/**
 * Tests of bits, since GLSL may take it for granted that there are no infinities and no NaN, and fold a comparison
 * with one away.
 */
export const NUMBERS = `
  const uint INFINITY_BITS = 0x7f800000u;
  #define NEGATIVE_INFINITY uintBitsToFloat(0xff800000u)

  // The bits of |x|: in the order of the numbers, then infinity, then NaN.
  uvec4 magnitude(vec4 x) { return floatBitsToUint(x) & 0x7fffffffu; }

  // Of rows by their maxima: those that have no softmax, since a NaN or +Infinity is in them or only -Infinity.
  bvec4 haveNoSoftmax(vec4 maxima) { return greaterThanEqual(magnitude(maxima), uvec4(INFINITY_BITS)); }
`;
