import {webglKeepsHalfFloats} from '../../tfjs/half_floats';
import type {Piece} from './program';

/**
 * What the textures of this machine can hold, for programs that keep sums in them: float32, or on many phones half
 * floats, which end at 65504.
 *
 * @param n the largest number of terms, each at most 1, in a sum
 */
export function precisionFor(n: number): Piece {
  if (!webglKeepsHalfFloats()) return FLOAT32;
  return {source: HALF_FLOAT, uniforms: {unit: ['float', [2 ** -Math.max(0, Math.ceil(Math.log2(n)) - 15)]]}};
}

const FLOAT32 = `
    #define UNIT 1.
    vec4 withinRange(vec4 x) { return x; }
    vec4 storable(vec4 result) { return result; }
    vec4 storableMaxima(vec4 maxima) { return maxima; }`;

/**
 * A logit beyond the range has become an infinity on its way into the texture, or a NaN of its sign where the driver
 * makes no difference. It counts as the largest half float: so a mask of -1e9 still gives 0, and a row of nothing but
 * such masks a softmax. Only what cannot be told from a NaN counts as one. So what is -Infinity is stored as -65504 too:
 * the maximum where nothing takes part, and the logarithm of what does not. Sums are stored times `UNIT`.
 */
const HALF_FLOAT = `
    #define UNIT unit
    vec4 withinRange(vec4 x) {
      uvec4 bits = floatBitsToUint(x);
      x = mix(x, vec4(65504.), equal(bits, uvec4(INFINITY_BITS)));
      return mix(x, vec4(-65504.), greaterThanEqual(bits, uvec4(0x80000000u | INFINITY_BITS)));
    }
    vec4 storable(vec4 result) { return clamp(result, -65504., 65504.); }
    vec4 storableMaxima(vec4 maxima) {
      return mix(maxima, vec4(-65504.), equal(floatBitsToUint(maxima), uvec4(0xff800000u)));
    }`;
