import {scaleFactors} from '../shaders';
import type {Piece} from './program';

/**
 * The scale of the logits, as the programs take it. A logit x enters a program as `directed(x)`; `timesScale` then multiplies.
 * Bits are masked off to split a factor, since an arithmetic identity is one that a compiler may simplify. `WITH(rest)` adds
 * the second part of the product where it is wanted, and is nothing where there is none.
 */
export function scaleOf(scale: number): Piece {
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
