import type {Random} from '../../spec/cases/random';

export interface Distribution {
  name: string;
  /** The next logit; `column` is its place in its row. */
  next: (random: Random, column: number) => number;
}

interface Family {
  /** What its parameter means, and its least and largest value. */
  means: string;
  range: [least: number, most: number];
  next: (parameter: number) => Distribution['next'];
}

/** Ten times the largest is a float still: a normal logit is no more than that many standard deviations away. */
const LARGEST = 1e37;

/** Distributions by name, each with one parameter: `normal:3`, `uniform:10`. */
const FAMILIES: Record<string, Family> = {
  normal: {
    means: 'standard deviation',
    range: [0, LARGEST],
    next: (sigma) => (random) => random.normal(sigma),
  },
  uniform: {
    means: 'range on both sides of 0',
    range: [0, LARGEST],
    next: (range) => (random) => random.uniform(-range, range),
  },
  offset: {
    means: 'offset of normal logits, sigma 3',
    range: [-LARGEST, LARGEST],
    next: (by) => (random) => by + random.normal(3),
  },
  masked: {
    means: 'share of -Infinity among normal logits, sigma 3',
    range: [0, 1],
    next: (share) => (random, column) =>
      column > 0 && random.uniform() < share ? Number.NEGATIVE_INFINITY : random.normal(3),
  },
  confident: {
    means: 'first logit of each row, the others uniform on (0, 1)',
    range: [-LARGEST, LARGEST],
    next: (top) => (random, column) => (column === 0 ? top + random.uniform() : random.uniform()),
  },
};

/** @param text a name and its parameter, such as `uniform:10` */
export function parseDistribution(text: string): Distribution {
  const [name, parameter, ...rest] = text.split(':');
  const found = Object.hasOwn(FAMILIES, name!) ? FAMILIES[name!] : undefined;
  const value = decimal(parameter ?? '');
  if (!found || rest.length > 0 || !(value >= found.range[0] && value <= found.range[1])) {
    const known = Object.entries(FAMILIES).map(
      ([
        key,
        {
          means,
          range: [least, most],
        },
      ]) => {
        return `${key}:NUMBER (${means}; ${least} to ${most})`;
      },
    );
    throw new Error(`${text} is no distribution of logits. There are ${known.join(', ')}.`);
  }
  return {name: text, next: found.next(value)};
}

/** A number as people write it, whole or with a point or exponent; NaN for any other text. */
export function decimal(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}
