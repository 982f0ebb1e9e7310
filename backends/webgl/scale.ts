import type {Piece} from './program';

/**
 * Of a larger scale `timesScale` multiplies by a power of two more, which `scale.w` has beside the direction: up to this. A
 * still larger one makes infinities of all differences that are no subnormals, as this does, or nearly.
 */
const LARGEST = 2 ** 126;
/**
 * Of a scale below 1 a part is taken into `directed`, so that a difference of two logits is finite where the scaled one
 * is: a half, or of a scale below this, that power of two.
 */
const SMALLEST = 2 ** -60;
/** Of that, no less than this: a float must hold it. With a smaller scale all finite logits are alike already. */
const LEAST_PART = 2 ** -120;

/**
 * The scale of the logits, as the programs take it.
 *
 * A logit x enters a program as `directed(x)`, that is ±x, so that the largest is the most probable one; `timesScale`
 * then multiplies by |scale|. One rounded product would do no better than 2^-24 of the product, which in a softmax of
 * logits some hundreds apart is a hundred ULP. So the product is a sum of two floats, the first of them exact: twelve
 * bits by twelve. Bits are masked off to split a factor, since an arithmetic identity is one that a compiler may
 * simplify. `WITH(rest)` adds the second where it is wanted, and is nothing where there is none.
 */
export function scaleOf(scale: number): Piece {
  if (scale === 1) return UNSCALED;
  const [direction, size] = split(scale);
  const high = twelveBits(size);
  const middle = twelveBits(size - high);
  return {source: SCALED, uniforms: {scale: ['vec4', [high, middle, size - high - middle, direction]]}};
}

/** Two factors: what `directed` multiplies by, and what `timesScale` does. */
function split(scale: number): [direction: number, size: number] {
  if (scale === 0) return [0, 1];
  const size = Math.min(Math.abs(scale), LARGEST * LARGEST);
  const more = 2 ** Math.ceil(Math.log2(size / LARGEST));
  if (more > 1) return [Math.sign(scale) * more, size / more];
  if (size >= 1) return [Math.sign(scale), size];
  const part = size < SMALLEST ? SMALLEST : 0.5;
  return [Math.sign(scale) * part, Math.max(size / part, LEAST_PART)];
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

/** A number without all but the first twelve bits of its significand. */
function twelveBits(value: number): number {
  const float = Float32Array.of(value);
  const bits = new Uint32Array(float.buffer);
  bits[0] = bits[0]! & 0xfffff000;
  return float[0]!;
}
