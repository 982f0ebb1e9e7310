/** Σ a·b in doubles. What has weight 0 in b counts for nothing, whatever it is. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) if (b[i] !== 0) total += a[i]! * b[i]!;
  return total;
}

/** √Σ (a·b)², likewise. */
export function norm(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) if (b[i] !== 0) total += (a[i]! * b[i]!) ** 2;
  return Math.sqrt(total);
}

/** At most a thousand of the finite values, sorted. */
export function sampleOf(x: Float32Array): Float32Array {
  const stride = Math.ceil(x.length / 1000);
  return x.filter((value, i) => i % stride === 0 && Number.isFinite(value)).sort();
}

export function medianOf(values: Float32Array): number {
  return values.slice().sort()[values.length >> 1] ?? 0;
}
