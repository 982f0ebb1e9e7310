export interface Summary {
  median: number;
  p20: number;
  p80: number;
  /** How many samples it is made of. */
  samples: number;
}

export function summary(samples: number[]): Summary {
  return {
    median: quantile(samples, 0.5),
    p20: quantile(samples, 0.2),
    p80: quantile(samples, 0.8),
    samples: samples.length,
  };
}

/** NaN for no values. */
export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(q * (sorted.length - 1))] ?? Number.NaN;
}

/** The mean of ratios. NaN for none. */
export function geometricMean(ratios: number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

/** By how much two figures of the same thing differ: 0.15 is 15 %. */
export function spread(a: number, b: number): number {
  return Math.max(a / b, b / a) - 1;
}
