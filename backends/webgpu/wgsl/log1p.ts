/**
 * log(1 + x) for x >= 0, right to about 2 ULP also where x is tiny; WGSL's own log is allowed an error of 2^-21 near 1.
 *
 * 1 + x = 2^k (1 + f) with 1 + f in [0.75, 1.5), and f = x itself if k = 0. With z = f/(2 + f),
 * log(1 + f) = 2 atanh z = 2z + z³ p(z²).
 */
export const LOG1P = `
  fn log1p(x: f32) -> f32 {
    let bits = bitcast<u32>(1.0 + x);
    let k = i32((bits + 0x400000u) >> 23u) - 127;
    let scaledDown = bitcast<f32>(bits - (u32(k) << 23u)) - 1.0;
    return logOf(select(scaledDown, x, k == 0), f32(k));
  }

  // log(2^octaves (1 + f)) with 1 + f in [0.75, 1.5).
  fn logOf(f: f32, octaves: f32) -> f32 {
    let z = quotient(f, 2.0 + f);
    let w = z * z;
    let p = ((w * 0.239992842 + 0.28513965) * w + 0.400007218) * w + 0.666666627;
    return (z * w * p + octaves * 1.42860677e-6) + 2.0 * z + octaves * 0.693145752;
  }
`;
