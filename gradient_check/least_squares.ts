/** A polynomial fitted to uncertain values, by least squares. */
export interface Fit {
  /** One coefficient a basis function. */
  coefficients: number[];
  /** The standard deviation of each coefficient, in units of that of a value whose noise is 1. */
  gains: number[];
  /** The sum of the squared residuals, each in terms of its noise. */
  residual: number;
}

/**
 * Fits Σ c_k·t^(powers_k) to values at places t >= 0, each with a noise of its own: by Cholesky's factors of the normal equations, with t in units of the
 * largest place. In doubles that does for the few powers that are asked for here.
 */
export function fitPowers(places: number[], measured: number[], noises: number[], powers: number[]): Fit {
  const unit = Math.max(...places);
  const rows = places.map((t, i) => powers.map((power) => (t / unit) ** power / noises[i]!));
  const values = measured.map((value, i) => value / noises[i]!);
  const normal = powers.map((_, a) => powers.map((_, b) => sum(rows.map((row) => row[a]! * row[b]!))));
  const inverse = inverseOf(normal);
  const right = powers.map((_, a) => sum(rows.map((row, i) => row[a]! * values[i]!)));
  const scaled = inverse.map((row) => sum(row.map((entry, b) => entry * right[b]!)));
  const residual = sum(rows.map((row, i) => (values[i]! - sum(row.map((entry, a) => entry * scaled[a]!))) ** 2));
  return {
    coefficients: scaled.map((c, a) => c / unit ** powers[a]!),
    gains: inverse.map((row, a) => Math.sqrt(row[a]!) / unit ** powers[a]!),
    residual,
  };
}

/** The inverse of a small positive definite matrix. */
function inverseOf(matrix: number[][]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let k = 0; k < n; k++) {
    const pivot = rows[k]![k]!;
    rows[k] = rows[k]!.map((entry) => entry / pivot);
    for (let i = 0; i < n; i++) {
      const factor = rows[i]![k]!;
      if (i !== k) rows[i] = rows[i]!.map((entry, j) => entry - factor * rows[k]![j]!);
    }
  }
  return rows.map((row) => row.slice(n));
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
