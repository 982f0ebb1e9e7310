/**
 * WGSL for numbers as integers. WGSL lets a compiler assume that there are no infinities and no NaN, so floats decide
 * nothing that depends on them: not what a maximum is, and not what a row with a NaN in it gives.
 *
 * The key of a float is an unsigned integer in the order of the floats, with NaN of either sign on top. The maximum of
 * keys is exact, does not depend on the order, and finds NaN and infinities on the way.
 */
export function numbers(vector: 1 | 4): string {
  return `
    alias V = ${vector === 4 ? 'vec4<f32>' : 'f32'};
    alias VU = ${vector === 4 ? 'vec4<u32>' : 'u32'};
    alias VI = ${vector === 4 ? 'vec4<i32>' : 'i32'};
    alias VB = ${vector === 4 ? 'vec4<bool>' : 'bool'};
    const VECTOR = ${vector}u;

    const NAN_BITS = 0x7fc00000u;
    const NEGATIVE_INFINITY_BITS = 0xff800000u;
    const KEY_OF_INFINITY = 0xff800000u;
    const KEY_OF_NEGATIVE_INFINITY = 0x007fffffu;

    fn keyOf(x: V) -> VU {
      let bits = bitcast<VU>(x);
      let key = bits ^ select(VU(0x80000000u), VU(0xffffffffu), bits >= VU(0x80000000u));
      return select(key, VU(0xffffffffu), (bits & VU(0x7fffffffu)) > VU(0x7f800000u));
    }
    fn bitsOf(key: u32) -> u32 { return select(~key, key ^ 0x80000000u, key >= 0x80000000u); }
    fn valueOf(key: u32) -> f32 { return bitcast<f32>(bitsOf(key)); }

    // Of rows by the keys of their maxima: those that have no softmax, since a NaN or Infinity is in them or only -Infinity.
    fn hasNoSoftmax(key: u32) -> bool { return key >= KEY_OF_INFINITY || key <= KEY_OF_NEGATIVE_INFINITY; }

    fn sumOf(x: V) -> f32 { return ${vector === 4 ? '(x.x + x.y) + (x.z + x.w)' : 'x'}; }
    fn topOf(x: VU) -> u32 { return ${vector === 4 ? 'max(max(x.x, x.y), max(x.z, x.w))' : 'x'}; }

    fn upperHalf(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }

    // WGSL's division is allowed an error of 2.5 ULP. What is left, exactly, of what was divided, says how much is missing.
    fn quotient(a: f32, b: f32) -> f32 {
      let q = a / b;
      let upperQ = upperHalf(q);
      let upperB = upperHalf(b);
      let left = ((a - upperQ * upperB) - upperQ * (b - upperB)) - (q - upperQ) * b;
      return q + left / b;
    }

    // A sum as two floats: the rounded sum, and what the rounding left. Of what is no number, nothing is left.
    fn added(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
      let sum = a.x + b.x;
      let ofB = sum - a.x;
      let left = (a.y + b.y) + ((a.x - (sum - ofB)) + (b.x - ofB));
      return vec2<f32>(sum, select(left, 0.0, (bitcast<u32>(sum) & 0x7f800000u) == 0x7f800000u));
    }
  `;
}
