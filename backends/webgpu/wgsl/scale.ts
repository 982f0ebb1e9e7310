/**
 * The scale of the logits, as the programs take it.
 *
 * A logit x enters a program as `directed(x)`, that is ±x, so that the largest is the most probable one. Differences are
 * scaled, not logits, and taken in halves, since twice the scale of half a difference is finite wherever the result is.
 * One rounded product would do no better than 2^-24 of the product, which in a softmax of logits some hundreds apart is
 * a hundred ULP. So the product is a sum of two floats, `product` and `rest`, the first of them exact: twelve bits by
 * twelve. Bits are masked off to split a factor, since a compiler may simplify an arithmetic identity.
 */
export interface Scale {
  /** Whether there is anything to multiply by; without, `rest` is 0 and nothing is halved. */
  isOne: boolean;
  /** [high, middle, low, direction] */
  uniforms: number[];
}

/**
 * Of a larger scale `product` multiplies by a power of two more, which `scaleDirection` has beside the direction: up to this. A
 * still larger one makes infinities of all differences that are no subnormals, as this does, or nearly.
 */
const LARGEST = 2 ** 126;
/** Of a smaller one, a part is taken into `directed`. */
const SMALLEST = 2 ** -60;
/** Of that, no less than this: a float must hold it. With a smaller scale all finite logits are alike already. */
const LEAST_PART = 2 ** -120;

export function scaleOf(scale: number): Scale {
  if (scale === 1) return {isOne: true, uniforms: []};
  const [direction, size] = split(scale);
  const twice = 2 * size;
  const high = twelveBits(twice);
  const middle = twelveBits(twice - high);
  return {isOne: false, uniforms: [high, middle, twice - high - middle, direction]};
}

/** Two factors: what `directed` multiplies by, and what `product` does. */
function split(scale: number): [direction: number, size: number] {
  if (scale === 0) return [0, 1];
  const size = Math.min(Math.abs(scale), LARGEST * LARGEST);
  const more = 2 ** Math.ceil(Math.log2(size / LARGEST));
  if (more > 1) return [Math.sign(scale) * more, size / more];
  return size < SMALLEST
    ? [Math.sign(scale) * SMALLEST, Math.max(size / SMALLEST, LEAST_PART)]
    : [Math.sign(scale), size];
}

/** A number without all but the first twelve bits of its significand. */
function twelveBits(value: number): number {
  const float = Float32Array.of(value);
  const bits = new Uint32Array(float.buffer);
  bits[0] = bits[0]! & 0xfffff000;
  return float[0]!;
}

export const SCALE_UNIFORMS = ['scaleHigh', 'scaleMiddle', 'scaleLow', 'scaleDirection'];

/** `difference`, `product` and `rest` for vectors, and with the suffix One for single floats. */
export function scaling({isOne}: Scale): string {
  return [
    ['V', 'VU', ''],
    ['f32', 'u32', 'One'],
  ]
    .map(([type, bits, suffix]) =>
      isOne
        ? `
    fn difference${suffix}(x: ${type}, c: f32) -> ${type} { return x - ${type}(c); }
    fn product${suffix}(t: ${type}) -> ${type} { return t; }
    fn rest${suffix}(t: ${type}) -> ${type} { return ${type}(0.0); }`
        : `
    fn difference${suffix}(x: ${type}, c: f32) -> ${type} { return x * 0.5 - ${type}(c * 0.5); }
    fn top${suffix}(t: ${type}) -> ${type} { return bitcast<${type}>(bitcast<${bits}>(t) & ${bits}(0xfffff000u)); }
    fn product${suffix}(t: ${type}) -> ${type} { return top${suffix}(t) * uniforms.scaleHigh * moreScale(); }
    fn rest${suffix}(t: ${type}) -> ${type} {
      let high = top${suffix}(t);
      let r = high * uniforms.scaleMiddle + (t - high) * (uniforms.scaleHigh + uniforms.scaleMiddle) + t * uniforms.scaleLow;
      return select(${type}(0.0), r * moreScale(), (bitcast<${bits}>(t) & ${bits}(0x7f800000u)) != ${bits}(0x7f800000u));
    }`,
    )
    .concat(
      isOne
        ? 'fn directed(x: V) -> V { return x; }'
        : 'fn moreScale() -> f32 { return max(abs(uniforms.scaleDirection), 1.0); }\n' +
            'fn directed(x: V) -> V { return x * clamp(uniforms.scaleDirection, -1.0, 1.0); }',
    )
    .join('\n');
}
