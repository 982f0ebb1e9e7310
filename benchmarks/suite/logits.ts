import type {Random} from '../../spec/cases/random';

export interface Distribution {
  name: string;
  /** The next logit; `column` is its place in its row. */
  next: (random: Random, column: number) => number;
}

type Family = (parameter: number) => Distribution['next'];

/** Distributions by name, each with one parameter: `normal:3`, `uniform:10`. */
const FAMILIES: Record<string, {means: string; family: Family}> = {
  normal: {means: 'standard deviation', family: (sigma) => (random) => random.normal(sigma)},
  uniform: {means: 'range on both sides of 0', family: (range) => (random) => random.uniform(-range, range)},
  offset: {means: 'offset of normal logits, sigma 3', family: (by) => (random) => by + random.normal(3)},
  masked: {
    means: 'share of -Infinity among normal logits, sigma 3',
    family: (share) => (random, column) =>
      column > 0 && random.uniform() < share ? Number.NEGATIVE_INFINITY : random.normal(3),
  },
  confident: {
    means: 'first logit of each row, the others uniform on (0, 1)',
    family: (top) => (random, column) => (column === 0 ? top + random.uniform() : random.uniform()),
  },
};

/** @param text a name and its parameter, such as `uniform:10` */
export function parseDistribution(text: string): Distribution {
  const [name, parameter] = text.split(':');
  const found = Object.hasOwn(FAMILIES, name!) ? FAMILIES[name!] : undefined;
  if (!found || parameter === undefined || !Number.isFinite(Number.parseFloat(parameter))) {
    const known = Object.entries(FAMILIES).map(([key, {means}]) => `${key}:NUMBER (${means})`);
    throw new Error(`${text} is no distribution of logits. There are ${known.join(', ')}.`);
  }
  return {name: text, next: found.family(Number.parseFloat(parameter))};
}
