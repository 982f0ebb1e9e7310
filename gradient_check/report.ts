/** One comparison of a derivative with what it should be. */
export interface GradientCheck {
  /** The index of the input that is moved. */
  input: number;
  /** 1 for the gradient of f, 2 for the gradient of its gradient, and so on. */
  order: number;
  /** How `analytic` and `numeric` were computed. */
  mode: 'vjp' | 'jvp' | 'jvp against vjp' | 'against';
  /** The direction of the move: `random direction 1`, or `element [2, 0]`. */
  direction: string;
  /** The derivative by the gradient. NaN if the gradient throws. */
  analytic: number;
  /** The derivative by finite differences, by the vjp, or by the gradient of `against`. */
  numeric: number;
  /** |analytic - numeric| */
  error: number;
  /**
   * The error allowed: that of the differences, plus rtol times the size of the gradient along the direction, plus atol.
   */
  tolerance: number;
  /** `undecided` at a kink, and where f is not finite on both sides. */
  verdict: 'agrees' | 'differs' | 'undecided';
  /** Why it is undecided, or what the gradient threw. */
  note?: string;
}

/** An input, or an order of derivatives in it, that was not checked. */
export interface SkippedInput {
  /** The index of the input. */
  input: number;
  /** Why, as the end of a sentence that starts with the input. */
  reason: string;
}

/** What `checkGradients` found. */
export interface GradientReport {
  /** Whether no check differs. */
  ok: boolean;
  /** The highest order that was checked. */
  order: number;
  /** All checks, in the order in which they were made. */
  checks: GradientCheck[];
  /** What was not checked. */
  skipped: SkippedInput[];
  /** The check with the largest error relative to its tolerance; if any check differs, one of those. */
  worst: GradientCheck | null;
  /** The report as a readable table. */
  toString(): string;
}

export function reportOf(order: number, checks: GradientCheck[], skipped: GradientReport['skipped']): GradientReport {
  const ok = checks.every(({verdict}) => verdict !== 'differs');
  const worst = checks.reduce<GradientCheck | null>((a, b) => (a === null || rank(b) > rank(a) ? b : a), null);
  const asTable = () => {
    const rows = checks.map(({input, order, direction, mode, ...check}) => {
      const place = `input ${input}, order ${order}, ${mode}, ${direction}`;
      return `${check.verdict.padEnd(9)}  ${place}: ${inWords(check)}`;
    });
    return [...rows, ...skipped.map(({input, reason}) => `skipped    input ${input}: ${reason}`)].join('\n');
  };
  return {ok, order, checks, skipped, worst, toString: asTable};
}

/** The worst check of a report that is not ok, in words, with the report behind it. */
export function failureOf(op: string, report: GradientReport): Error {
  const {input, order, mode, direction, ...check} = report.worst!;
  const derivative = order === 1 ? 'The gradient' : `The derivative of order ${order}`;
  return new Error(
    `${op}: ${derivative} in input ${input} is wrong (${mode}, ${direction}): ${inWords(check)}.\n${report.toString()}`,
  );
}

function inWords({
  analytic,
  numeric,
  error,
  tolerance,
  note,
}: Omit<GradientCheck, 'input' | 'order' | 'mode' | 'direction'>) {
  const numbers = `${digits(analytic)}, expected ${digits(numeric)}, off by ${short(error)} with ${short(tolerance)} allowed`;
  return note === undefined ? numbers : `${numbers}; ${note}`;
}

/** Those that differ come first, then those that agree, by error in terms of tolerance. */
function rank({verdict, error, tolerance}: GradientCheck): number {
  if (verdict === 'undecided') return -1;
  const relative = error === 0 ? 0 : error / tolerance;
  const within = Number.isNaN(relative) ? 1 : relative / (1 + relative);
  return verdict === 'differs' ? 1 + within : within;
}

const digits = (value: number) => `${Number(value.toPrecision(7))}`;
const short = (value: number) => value.toPrecision(2);
