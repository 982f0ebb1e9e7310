/** What the shaders of webgl and webgpu have in common. */
import type {ProductKind} from './engines/types';

/** Whether a renderer or an adapter of that name is a program on the CPU, such as SwiftShader or llvmpipe. */
export function isSoftware(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|softpipe|swrast|software r|basic render|\b(?:cpu|warp)\b/i.test(name);
}

/**
 * Of the Jacobian products, as GLSL and as WGSL: what is summed over each row, and what the sum t makes of each element.
 */
export const PRODUCT_FORMULAS: Record<ProductKind, {term: string; result: string}> = {
  softmaxProduct: {term: 'y * v', result: 'y * (v - t)'},
  logSoftmaxJvp: {term: 'y * v', result: 'v - t'},
  logSoftmaxVjp: {term: 'v', result: 'v - y * t'},
};

/**
 * Of a larger scale the shaders multiply by a power of two more, which the direction has beside its sign: up to this. A still
 * larger one makes infinities of all differences that are no subnormals, as this does, or nearly.
 */
const LARGEST = 2 ** 126;
/**
 * Of a scale below 1 a part is taken into the direction, so that a difference of two logits is finite where the scaled one
 * is: a half, or of a scale below this, that power of two.
 */
const SMALLEST = 2 ** -60;
/** Of that, no less than this: a float must hold it. With a smaller scale all finite logits are alike already. */
const LEAST_PART = 2 ** -120;

/**
 * The scale of the logits, as shaders take it: they multiply a logit by the direction, up to 1, when they read it, so that
 * the largest is the most probable one; and differences by the other three, and by what the direction has beyond 1.
 *
 * One rounded product would do no better than 2^-24 of the product, which in a softmax of logits some hundreds apart is a
 * hundred ULP. So the product is a sum of two floats, the first of them exact: twelve bits by twelve.
 */
export function scaleFactors(scale: number): [high: number, middle: number, low: number, direction: number] {
  const [direction, size] = split(scale);
  const high = twelveBits(size);
  const middle = twelveBits(size - high);
  return [high, middle, size - high - middle, direction];
}

function split(scale: number): [direction: number, size: number] {
  if (scale === 0) return [0, 1];
  const size = Math.min(Math.abs(scale), LARGEST * LARGEST);
  const more = 2 ** Math.ceil(Math.log2(size / LARGEST));
  if (more > 1) return [Math.sign(scale) * more, size / more];
  if (size >= 1) return [Math.sign(scale), size];
  const part = size < SMALLEST ? SMALLEST : 0.5;
  return [Math.sign(scale) * part, Math.max(size / part, LEAST_PART)];
}

/** A number without all but the first twelve bits of its significand. */
function twelveBits(value: number): number {
  const float = Float32Array.of(value);
  const bits = new Uint32Array(float.buffer);
  bits[0] = bits[0]! & 0xfffff000;
  return float[0]!;
}
