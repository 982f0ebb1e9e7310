/**
 * The derivative of φ(t) at 0 from values that float32 has rounded, with an error estimate.
 *
 * Central differences (φ(h) - φ(-h)) / 2h are φ' + a h² + b h⁴ + ... and a noise that grows as h shrinks. Richardson
 * extrapolates from several h to none; here by least squares, on as many steps as the budget allows: the odd part of φ is
 * fitted by t, t³, t⁵ and the even part by 1, |t|, t², ... The coefficient of t is the derivative. That of |t| is half the
 * difference of the one-sided derivatives: a kink, where it is not 0. What the fits leave over is the noise.
 *
 * Which steps are small enough follows from Lepski's rule (Theory of Probability and its Applications 35(3), 1990): windows of
 * steps grow as long as what they say agrees, within the noise, with what all smaller windows have said.
 */
import {fitPowers} from './least_squares';
import type {Reading} from './reading';

/** What differences say of a derivative. */
export interface Slope {
  value: number;
  /** Half the jump of the derivative at 0. */
  kink: number;
  /** The derivative, and the kink, are known to within these; see TRUST. Infinity if there is no telling. */
  valueError: number;
  kinkError: number;
  /** Whether differences come together as steps shrink: not where φ jumps, or swings within the smallest step. */
  settled: boolean;
}

/** A function of one variable, as differences need it. */
export interface Line {
  atZero: number;
  valueAt(t: number): Reading<Rounded>;
  /** The least noise that the value at 0 can have, from what has been evaluated so far. */
  leastNoise(): number;
}

/** A value, and the least noise that it can have. */
export interface Rounded {
  value: number;
  noise: number;
}

/** Steps to be tried. */
export interface Steps {
  /** A step over which the function is likely to change little, and the smallest and largest that make sense. */
  start: number;
  smallest: number;
  largest: number;
}

interface Pair {
  step: number;
  plus: number;
  minus: number;
  /** The noise of the two, in terms of that at 0. */
  noise: number;
}

interface Window {
  slope: number;
  kink: number;
  /** Standard errors of the two in units of the noise. */
  slopeGain: number;
  kinkGain: number;
  /** That of the value at 0, as a window with so many degrees of freedom shows it. */
  noise: number;
  freedom: number;
  degree: number;
  /** Its largest step. */
  step: number;
}

/** Two evaluations each. With one for the value and one for the gradient that is twenty. */
const PAIRS = 9;
/** Kept for after the search, around the step that was found. */
const FOR_REFINEMENT = 3;
/** Windows agree if they do so within so many standard errors. */
const AGREE = 3;
/** A noise so much larger than rounding explains is more likely a function that changes fast, or has kinks. */
const SUSPICIOUS = 16;
/** A noise estimated with f degrees of freedom is taken (1 + 6 / f) times: it is hardly ever more than that. */
const UNDERESTIMATED = 6;
/**
 * The error that is allowed: so many standard errors of the slope, the kink that was found, and so many of its standard errors.
 * A kink near 0 shifts the slope by as much, or by several of its like. What a window leaves out is what tells most: in `whole` all
 * steps agree, the first guess among them; in `cut` larger ones disagree, and some of what made them do so hides in the noise; in
 * `short` only steps far below the first guess agree, as among kinks. They were set by trying 13 functions of 1 to 1,000
 * elements, alone or summed, smooth and with kinks; spec/gradient_check/logs/ has what comes of them on each backend.
 */
const TRUST = {whole: {slope: 5, kink: 1}, cut: {slope: 10, kink: 2}, short: {slope: 20, kink: 8}};
/** In terms of the first guess. */
const SHORT = 1 / 5;
/** A kink of so many standard errors is one. */
const KINK = 32;

/** φ'(0), from at most 18 values of φ. */
export function* slopeAtZero(line: Line, {start, smallest, largest}: Steps): Reading<Slope> {
  const pairs: Pair[] = [];
  let ceiling = largest * 1.001;
  let left = PAIRS;
  function* measure(step: number): Reading<void> {
    left--;
    const plus = yield* line.valueAt(step);
    const minus = yield* line.valueAt(-step);
    const noise = Math.hypot(plus.noise, minus.noise) / Math.SQRT2 / (line.leastNoise() || 1) || 1;
    if (Number.isFinite(plus.value - minus.value)) pairs.push({step, plus: plus.value, minus: minus.value, noise});
    else ceiling = Math.min(ceiling, step * 0.999);
  }
  const best = () => bestWindow(pairs, line);

  // Three steps far apart; smaller ones where the function ends on the way.
  let low = Math.max(start / 256, smallest);
  const ratio = Math.min(Math.max(Math.sqrt(start / 4 / low), 2), 8);
  for (const step of [low, low * ratio, low * ratio * ratio]) if (step <= ceiling) yield* measure(step);
  while (pairs.length < 3 && left > 0) {
    low /= 8;
    yield* measure(low);
  }
  if (pairs.length < 2) return {value: Number.NaN, kink: 0, valueError: Infinity, kinkError: Infinity, settled: false};

  // Down, while that takes away what looks like noise; or up, while windows agree.
  let found = best();
  let inVain = 0;
  while (left > FOR_REFINEMENT) {
    const steps = pairs.map(({step}) => step);
    const [least, most] = [Math.min(...steps), Math.max(...steps)];
    const before = found;
    if (inVain < 2 && found.floor > SUSPICIOUS * line.leastNoise() && least > 1.5 * smallest) {
      yield* measure(Math.max(least / 8, smallest));
      found = best();
      inVain = found.floor > 0.7 * before.floor ? inVain + 1 : 0;
    } else if (found.step === most && most * 4 <= ceiling) {
      yield* measure(most * 4);
      found = best();
    } else break;
  }

  // Around what was found: a little beyond, then between.
  const beyond = Math.min(2 * found.step, ceiling);
  yield* measure(beyond > 1.2 * found.step ? beyond : 0.9 * found.step);
  const fractions = best().step > found.step ? [0.75, 0.35, 0.9, 0.6] : [0.7, 0.5, 0.85, 0.35];
  found = best();
  for (let i = 0; left > 0; i++) {
    const step = found.step * fractions[i % 4]! * 0.5 ** Math.floor(i / 4);
    // Values at a step that is known tell nothing new.
    const isKnown = pairs.some((pair) => Math.abs(pair.step - step) < 0.01 * step);
    yield* measure(isKnown ? 1.25 * step : step);
    found = best();
  }

  const explained = found.floor <= SUSPICIOUS * line.leastNoise();
  const used = pairs.filter(({step}) => step <= found.step);
  // Of values that are mostly noise, the smallest step tells no more than that.
  const signal = Math.max(...used.map(({plus, minus}) => Math.abs(plus - minus) / 2));
  const drowned = found.floor > 0.1 * signal;
  const least = drowned ? 1 / Math.min(...used.map(({step}) => step)) : 0;
  const isWhole = used.length === pairs.length && found.step >= start;
  const trust = isWhole ? TRUST.whole : found.step < SHORT * start ? TRUST.short : TRUST.cut;
  const slopeError = found.shown * Math.max(found.slopeGain, least);
  const kinkError = found.shown * Math.max(found.kinkGain, least);
  return {
    value: found.slope,
    kink: found.kink,
    valueError: trust.slope * slopeError + Math.abs(found.kink) + trust.kink * kinkError,
    kinkError: KINK * kinkError,
    settled: explained || !drowned,
  };
}

/**
 * The window with the least error among those that agree with all smaller ones, and the least noise of any. `shown` is the noise that
 * its error is taken from: what the values show, where that is less than rounding may be. Values that are rounded to nearest show
 * two fifths of it.
 */
function bestWindow(pairs: Pair[], line: Line): Window & {floor: number; shown: number} {
  const ascending = [...pairs].sort((a, b) => a.step - b.step);
  const windows = windowsOf(ascending, line.atZero).sort((a, b) => b.slopeGain - a.slopeGain);
  const some = windows.filter(({freedom}) => freedom >= 3);
  const telling = some.length ? some : windows;
  const rounding = line.leastNoise();
  const floor = Math.max(rounding, Math.min(...telling.map((w) => w.noise)));
  const seen = Math.min(...telling.map((w) => w.noise * (1 + UNDERESTIMATED / w.freedom)));
  const noise = Math.max(rounding, seen);
  const agreed = {slope: new Range(), kink: new Range()};
  const failed = new Set<number>();
  let best = windows[0]!;
  for (const window of windows) {
    if (failed.has(window.degree)) continue;
    const slope = agreed.slope.with(window.slope, AGREE * noise * window.slopeGain);
    const kink = agreed.kink.with(window.kink, AGREE * noise * window.kinkGain);
    if (slope.isEmpty() || kink.isEmpty() || window.noise > 2 * noise) failed.add(window.degree);
    else [agreed.slope, agreed.kink, best] = [slope, kink, window];
  }
  const shown = Math.max(rounding / 2, seen, best.noise);
  return {...best, noise: Math.max(noise, best.noise), floor, shown};
}

/**
 * A fit of each degree to each number of smallest steps. A fit to fewer than twice as many values as it has coefficients would
 * follow them too closely: what it leaves over would not tell how noisy they are.
 */
function windowsOf(ascending: Pair[], atZero: number): Window[] {
  const odd = ascending.map(({plus, minus}) => (plus - minus) / 2);
  const even = ascending.map(({plus, minus}) => (plus + minus) / 2 - atZero);
  const windows: Window[] = [];
  for (let degree = 0; degree <= 2; degree++) {
    for (let count = 2 * degree + 2; count <= ascending.length; count++) {
      const steps = ascending.slice(0, count).map(({step}) => step);
      const noises = ascending.slice(0, count).map(({noise}) => noise);
      const slopes = fitPowers(steps, odd, noises, [1, 3, 5].slice(0, degree + 1));
      const kinks = fitPowers([0, ...steps], [0, ...even], [1, ...noises], [0, 1, 2, 4, 6].slice(0, degree + 3));
      const freedom = 2 * count + 1 - (2 * degree + 4);
      // The half-sum and the half-difference of two values have half the variance of each.
      const variance = (2 * (slopes.residual + kinks.residual)) / Math.max(freedom, 1);
      windows.push({
        slope: slopes.coefficients[0]!,
        kink: kinks.coefficients[1]!,
        slopeGain: slopes.gains[0]! / Math.SQRT2,
        kinkGain: kinks.gains[1]! / Math.SQRT2,
        noise: Math.sqrt(variance),
        freedom,
        degree,
        step: steps.at(-1)!,
      });
    }
  }
  return windows;
}

class Range {
  constructor(
    private readonly low = Number.NEGATIVE_INFINITY,
    private readonly high = Number.POSITIVE_INFINITY,
  ) {}

  /** What of it lies within `error` of the value. */
  with(value: number, error: number): Range {
    return new Range(Math.max(this.low, value - error), Math.min(this.high, value + error));
  }

  isEmpty(): boolean {
    return !(this.low <= this.high);
  }
}
