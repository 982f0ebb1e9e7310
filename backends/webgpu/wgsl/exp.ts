/**
 * The exponentials of a row's logits relative to its maximum m, right to about 1 ULP however far they are from 0, by an exact
 * shift (docs/how-the-kernels-work.md); WGSL's own exp is allowed 3 + 2|x| ULP. All exponentials have a factor of 2^24, which
 * a softmax divides out again: so a probability that a float can hold comes of exponentials that it can.
 *
 * x = k ln2 + r (Cody and Waite: ln2 in two parts, and k times the first is exact), |r| <= ln2/2, and a minimax
 * polynomial for e^r, right to 0.05 ULP. What is below 2^-126 is 0. An fma may be fused or not: both are right here.
 */
export const EXP = `
  struct Shift { centre: f32, octaves: f32 };
  const UP = 24.0;

  fn shiftOf(maximum: f32) -> Shift {
    let z = productOne(maximum);
    let far = abs(z) >= 208.0;
    return Shift(select(0.0, maximum, far), select(floor(z * 1.44269504 + 0.5), 0.0, far) - UP);
  }

  // What exponentials have to be multiplied by that were taken with another shift.
  fn shifted(before: Shift, now: Shift) -> f32 {
    return exponentialOne(before.centre, Shift(now.centre, now.octaves - before.octaves));
  }
  ${exponential('V', 'VU', 'VI', '')}
  ${exponential('f32', 'u32', 'i32', 'One')}
`;

function exponential(type: string, bits: string, integer: string, suffix: string): string {
  return `
  fn exponential${suffix}(x: ${type}, shift: Shift) -> ${type} {
    let t = x - shift.centre;
    // Far below everything that matters; what it is multiplied by must be a number.
    let z = max(product${suffix}(t), ${type}(-10000.0));
    let k = floor(z * 1.44269504 + 0.5);
    let r = fma(k, ${type}(2.12194440e-4), fma(k, ${type}(-0.693359375), z)) + rest${suffix}(t);
    var p = fma(r, ${type}(1.38141739e-3), ${type}(8.36892147e-3));
    p = fma(p, r, ${type}(4.16684076e-2));
    p = fma(p, r, ${type}(0.166665196));
    p = fma(p, r, ${type}(0.499999940));
    p = fma(p, r * r, r) + 1.0;
    let power = k - ${type}(shift.octaves);
    let e = p * bitcast<${type}>(${bits}(${integer}(power) + ${integer}(127)) << ${bits}(23u));
    return select(e, ${type}(0.0), power < ${type}(-126.0));
  }`;
}
