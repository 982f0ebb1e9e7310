/**
 * log(1 + x) for x >= 0, right to about 2 ULP also where x is tiny; GLSL's own log is allowed an error of 2^-21 near 1.
 *
 * 1 + x = 2^k (1 + f) with 1 + f in [0.75, 1.5), and f = x itself if k = 0. With z = f/(2 + f),
 * log(1 + f) = 2 atanh z = 2z + z³ p(z²).
 */
export const LOG1P = `
  vec4 log1p(vec4 x) {
    uvec4 bits = floatBitsToUint(1. + x);
    ivec4 k = ivec4((bits + 0x400000u) >> 23u) - 127;
    vec4 scaledDown = uintBitsToFloat(bits - (uvec4(k) << 23u)) - 1.;
    vec4 f = mix(scaledDown, x, equal(k, ivec4(0)));
    vec4 z = f / (2. + f);
    vec4 w = z * z;
    vec4 p = ((w * 0.239992842 + 0.28513965) * w + 0.400007218) * w + 0.666666627;
    vec4 octaves = vec4(k);
    return (z * w * p + octaves * 1.42860677e-6) + 2. * z + octaves * 0.693145752;
  }
`;
