/**
 * Tests of bits, since GLSL may take it for granted that there are no infinities and no NaN, and fold a comparison
 * with one away.
 */
export const NUMBERS = `
  const uint INFINITY_BITS = 0x7f800000u;
  #define NEGATIVE_INFINITY uintBitsToFloat(0xff800000u)

  // The bits of |x|. They sort like the numbers, with infinity and then NaN on top.
  uvec4 magnitude(vec4 x) { return floatBitsToUint(x) & 0x7fffffffu; }

  // Whether rows with these maxima have no softmax: they contain a NaN or +Infinity, or only -Infinity.
  bvec4 haveNoSoftmax(vec4 maxima) { return greaterThanEqual(magnitude(maxima), uvec4(INFINITY_BITS)); }
`;
