import {scaleFactors} from '../../shaders';
import type {Uniform} from '../row_op';

const NAMES = ['scaleHigh', 'scaleMiddle', 'scaleLow', 'scaleDirection'];

export function scaleUniforms(scale: number): Uniform[] {
  return scale === 1 ? [] : scaleFactors(scale).map((factor, i) => [NAMES[i]!, 'f32', factor]);
}

/**
 * WGSL that reads the logits of the input x, and multiplies differences of them by the scale. `logit(j, inside)` is -Infinity
 * beyond the row's end and where a mask takes it out. The product is a sum of two floats, `product` and `rest`, for vectors,
 * and with the suffix One for single floats; without a scale `rest` is 0. Bits are masked off to split a factor, since a
 * compiler may simplify an arithmetic identity.
 */
export function logits(isScaled: boolean, isMasked: boolean): string {
  const products = isScaled ? scaled : unscaled;
  return `${products('V', 'VU', '')}${products('f32', 'u32', 'One')}
    ${isScaled ? 'fn moreScale() -> f32 { return max(abs(uniforms.scaleDirection), 1.0); }' : ''}
    fn logit(j: u32, inside: bool) -> V {
      let bits = bitcast<VU>(V(x[place(j)])${isScaled ? ' * clamp(uniforms.scaleDirection, -1.0, 1.0)' : ''});
      return bitcast<V>(select(VU(NEGATIVE_INFINITY_BITS), bits, ${isMasked ? 'VB(inside) & kept(j)' : 'inside'}));
    }`;
}

function unscaled(type: string, _: string, suffix: string): string {
  return `
    fn product${suffix}(t: ${type}) -> ${type} { return t; }
    fn rest${suffix}(t: ${type}) -> ${type} { return ${type}(0.0); }`;
}

function scaled(type: string, bits: string, suffix: string): string {
  return `
    fn top${suffix}(t: ${type}) -> ${type} { return bitcast<${type}>(bitcast<${bits}>(t) & ${bits}(0xfffff000u)); }
    fn product${suffix}(t: ${type}) -> ${type} { return top${suffix}(t) * uniforms.scaleHigh * moreScale(); }
    fn rest${suffix}(t: ${type}) -> ${type} {
      let high = top${suffix}(t);
      let r = high * uniforms.scaleMiddle + (t - high) * (uniforms.scaleHigh + uniforms.scaleMiddle) + t * uniforms.scaleLow;
      return select(${type}(0.0), r * moreScale(), (bitcast<${bits}>(t) & ${bits}(0x7f800000u)) != ${bits}(0x7f800000u));
    }`;
}
