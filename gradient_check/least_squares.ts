import {dot} from './vectors';

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
 * Fits Σ c_k·t^(powers_k) to values at places t >= 0, each with a noise of its own. Places may be a thousand times apart and
 * values ten million times their noise, so the columns are made orthogonal one after the other (modified Gram-Schmidt): normal
 * equations would lose twice as many digits.
 */
export function fitPowers(places: number[], measured: number[], noises: number[], powers: number[]): Fit {
  const unit = Math.max(...places);
  const columns = powers.map((power) => places.map((t, i) => (t / unit) ** power / noises[i]!));
  columns.push(noises.map((noise, i) => measured[i]! / noise));
  // Each column is Σ triangle[k]·q_k of orthonormal q_k; the last one, that of the values, and what is left of it.
  const triangle = powers.map((_, k) => {
    const column = columns[k]!;
    const size = Math.sqrt(dot(column, column));
    const q = column.map((entry) => entry / size);
    return columns.map((other, j) => {
      if (j <= k) return j === k ? size : 0;
      const part = dot(q, other);
      other.forEach((entry, i) => {
        other[i] = entry - part * q[i]!;
      });
      return part;
    });
  });
  const left = columns[powers.length]!;
  const inverse = inverseOf(triangle);
  const parts = triangle.map((line) => line[powers.length]!);
  const scaled = inverse.map((row) => dot(row, parts));
  return {
    coefficients: scaled.map((c, a) => c / unit ** powers[a]!),
    gains: inverse.map((row, a) => Math.sqrt(dot(row, row)) / unit ** powers[a]!),
    residual: dot(left, left),
  };
}

/** The inverse of a small upper triangular matrix. */
function inverseOf(matrix: number[][]): number[][] {
  const inverse: number[][] = [];
  for (let i = matrix.length - 1; i >= 0; i--) {
    const row = matrix[i]!;
    inverse[i] = matrix.map((_, j) => {
      const below = matrix.map((_, k) => (k > i ? row[k]! * inverse[k]![j]! : 0)).reduce((a, b) => a + b);
      return ((i === j ? 1 : 0) - below) / row[i]!;
    });
  }
  return inverse;
}
