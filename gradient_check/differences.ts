import {evaluate, type Results} from './derivatives';
import {type Reading, read} from './reading';
import {type Rounded, type Slope, type Steps, slopeAtZero} from './slope';
import {dot, medianOf, norm, sampleOf} from './vectors';

/** The place, the weights and the way of a directional derivative. */
export interface Along {
  results: Results;
  /** The inputs that can be moved, and which of them is. */
  inputs: Float32Array[];
  shapes: number[][];
  moved: number;
  direction: Float32Array;
  /** The results at the inputs, and how they are weighted. */
  values: Float32Array[];
  cotangents: Float32Array[];
  /** What is taken for the gradient in the moved input, if there is any. */
  gradient: Float32Array | null;
  /** The largest step, if it is given. */
  step: number | null;
}

/** What differences say, and whether the results move in jumps only, as those of floor and sign do. */
export interface Difference extends Slope {
  inJumps: boolean;
}

/** Jumps so much larger than rounding are the function's own: those of half floats are 2¹³ of it. */
const JUMP = 2 ** 16;

/** The derivative of <cotangents, results> along the direction, by differences of values that are read as they are. */
export function* derivativeAlong(along: Along): Reading<Difference> {
  const {results, inputs, shapes, moved, direction, values, cotangents, gradient} = along;
  const x = inputs[moved]!;
  const steps = stepsFor(x, along.step);
  const grains = values.map((each) => new Grain(each));
  const u = direction.map((each, i) => (Math.abs(x[i]!) < steps.start * 2 ** 20 ? each : 0));
  function* valueAt(t: number): Reading<Rounded> {
    const there = new Float32Array(x.length);
    // An input that moves by a rounded step is not where it should be; what that changes, the gradient knows well enough.
    let misplaced = 0;
    for (let i = 0; i < x.length; i++) {
      const exact = x[i]! + t * u[i]!;
      there[i] = exact;
      const slope = gradient?.[i] ?? 0;
      if (u[i] !== 0 && Number.isFinite(slope)) misplaced += slope * (there[i]! - exact);
    }
    const found = yield* read(
      evaluate(
        results,
        inputs.map((each, i) => (i === moved ? there : each)),
        shapes,
      ),
    );
    for (const [k, each] of found.entries()) grains[k]!.note(each);
    return {value: weighted(found, cotangents) - misplaced, noise: noiseOf(found)};
  }
  const noiseOf = (them: Float32Array[]) =>
    Math.hypot(...grains.map((grain, k) => grain.noise(them[k]!, cotangents[k]!)));
  const leastNoise = () => noiseOf(values);
  const slope = yield* slopeAtZero({atZero: weighted(values, cotangents), valueAt, leastNoise}, steps);
  return {
    ...slope,
    inJumps: leastNoise() > JUMP * 2 ** -24 * Math.hypot(...values.map((each, k) => norm(each, cotangents[k]!))),
  };
}

/** Σ cotangent·value, in doubles; what has no weight counts for nothing, NaN too. */
function weighted(values: Float32Array[], cotangents: Float32Array[]): number {
  return values.reduce((total, each, k) => total + dot(each, cotangents[k]!), 0);
}

/**
 * Steps for inputs of that size. Of most functions nobody knows over which lengths they change: over 1, or over what the
 * inputs differ by; the search starts between the two.
 */
function stepsFor(x: Float32Array, step: number | null): Steps {
  const few = sampleOf(x);
  const middle = Math.abs(medianOf(few));
  const spread = medianOf(few.map((value) => Math.abs(value - medianOf(few))));
  const start = Math.sqrt(1.5 * spread || middle || 1);
  const smallest = Math.max(start * 2 ** -30, 4 * middle * 2 ** -23);
  if (step !== null) return {start: 4 * step, smallest: Math.min(smallest, step / 64), largest: step};
  return {start, smallest, largest: 8 * Math.max(start, spread, 1)};
}

/**
 * How finely each result is resolved: half a unit in its last place, or half of the unit of which all its changes are
 * multiples, if that is more, as in (x + 1000) - 1000 and in half floats.
 */
class Grain {
  private readonly units: Float32Array;

  constructor(private readonly values: Float32Array) {
    this.units = new Float32Array(values.length);
  }

  /** Takes in values at another place. */
  note(values: Float32Array): void {
    for (let i = 0; i < values.length; i++) {
      const change = values[i]! - this.values[i]!;
      if (change === 0 || !Number.isFinite(change)) continue;
      const unit = lowestBit(change);
      if (this.units[i] === 0 || unit < this.units[i]!) this.units[i] = unit;
    }
  }

  /** The noise of the sum of so many times each. */
  noise(values: Float32Array, weights: Float32Array): number {
    return norm(
      values.map((value, i) => Math.max(Math.abs(value) * 2 ** -24, this.units[i]! / 2)),
      weights,
    );
  }
}

const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);

/** The value of the last bit that is set in a number other than 0. */
function lowestBit(value: number): number {
  DOUBLE[0] = value;
  const [low, high] = [WORDS[0]!, WORDS[1]!];
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  const zeros = low !== 0 ? trailingZeros(low) : 32 + trailingZeros((high & 0xfffff) | 0x100000);
  return 2 ** (exponent - 52 + zeros);
}

function trailingZeros(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
