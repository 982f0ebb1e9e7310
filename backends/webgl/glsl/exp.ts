import {scaleFactors} from '../../shaders';
import type {Piece} from '../program';

/** `directed`, `timesScale` and `exponential`, for logits that have a scale. */
export function expOf(scale: number): Piece {
  return [scaleOf(scale), EXP];
}

/**
 * The scale of the logits, as the programs take it. A logit x enters a program as `directed(x)`; `timesScale` then multiplies.
 * Bits are masked off to split a factor, since an arithmetic identity is one that a compiler may simplify. `WITH(rest)` adds
 * the second part of the product where it is wanted, and is nothing where there is none.
 */
function scaleOf(scale: number): Piece {
  return scale === 1 ? UNSCALED : {source: SCALED, uniforms: {scale: ['vec4', scaleFactors(scale)]}};
}

const UNSCALED = `
  #define WITH(rest)
  vec4 directed(vec4 x) { return x; }
  vec4 timesScale(vec4 t, out vec4 rest) { return t; }`;

const SCALED = `
  #define WITH(rest) + rest
  vec4 directed(vec4 x) { return x * clamp(scale.w, -1., 1.); }
  vec4 timesScale(vec4 t, out vec4 rest) {
    float more = max(abs(scale.w), 1.);
    vec4 high = uintBitsToFloat(floatBitsToUint(t) & 0xfffff000u);
    rest = (high * scale.y + (t - high) * (scale.x + scale.y) + t * scale.z) * more;
    rest = mix(rest, vec4(0.), greaterThanEqual(magnitude(t), uvec4(INFINITY_BITS)));
    return high * scale.x * more;
  }`;

/**
 * The exponentials of a row's logits relative to its maximum m, right to about 1 ULP however far they are from 0, by an exact
 * shift (docs/how-the-kernels-work.md); GLSL's own exp is allowed 3 + 2|x| ULP. The exponentials of a row have a common factor
 * in [2^-0.5, 2^0.5], and the one of m itself is not quite 1.
 *
 * x = k ln2 + r (Cody and Waite: ln2 in two parts, and k times the first is exact), |r| <= ln2/2, and a minimax
 * polynomial for e^r, right to 0.05 ULP. What is below 2^-126 is 0.
 */
const EXP = `
  // How logits times the scale are shifted, for rows with these maxima.
  struct Shift { vec4 centre; vec4 octaves; };

  // 2^k for integers k from -126 to 127, and 0 for -127. The last bits of the sum are k + 127, the exponent.
  vec4 powerOfTwo(vec4 k) { return uintBitsToFloat(floatBitsToUint(k + 8388735.) << 23u); }

  vec4 octavesOf(vec4 z) { return floor(z * 1.44269504 + 0.5); }

  Shift shiftOf(vec4 maxima) {
    vec4 rest;
    vec4 z = timesScale(maxima, rest);
    bvec4 far = greaterThanEqual(abs(z), vec4(208.));
    return Shift(mix(vec4(0.), maxima, far), mix(octavesOf(z), vec4(0.), far));
  }

  vec4 exponential(vec4 x, Shift shift) {
    vec4 rest;
    vec4 z = timesScale(x - shift.centre, rest);
    vec4 k = octavesOf(z);
    vec4 r = (z - k * 0.693359375) + (k * 2.12194440e-4 WITH(rest));
    vec4 p = r * 1.38141739e-3 + 8.36892147e-3;
    p = p * r + 4.16684076e-2;
    p = p * r + 0.166665196;
    p = p * r + 0.499999940;
    p = p * (r * r) + r + 1.;
    k -= shift.octaves;
    vec4 e = p * powerOfTwo(k);
    return mix(e, vec4(0.), lessThan(k, vec4(-126.)));
  }
`;
