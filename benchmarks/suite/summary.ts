import type {OpName} from './ops';
import {NOISE_LIMIT, type Report} from './report';
import {geometricMean, spread} from './statistics';

/** One peer beside ours on one backend, over all shapes of an op. */
export interface Standing {
  op: OpName;
  backend: string;
  threads: number | null;
  peer: string;
  /** Its time over ours: geometric mean, least and largest. */
  mean: number;
  least: number;
  largest: number;
  /** Of the geometric mean, between the halves of the run; null if there was but one. */
  spread: number | null;
}

export function standings({cases}: Report): Standing[] {
  const groups = new Map<string, Omit<Standing, 'mean' | 'least' | 'largest' | 'spread'>>();
  for (const {op, backend, threads, entries} of cases) {
    for (const {peer, ratio} of entries) {
      if (ratio === null || peer === 'ours') continue;
      groups.set([op, backend, threads, peer].join(), {op, backend, threads, peer});
    }
  }
  return [...groups.values()].map(({op, backend, threads, peer}) => {
    const entries = cases
      .filter((one) => one.op === op && one.backend === backend && one.threads === threads)
      .flatMap((one) => one.entries.filter((entry) => entry.peer === peer && entry.ratio !== null));
    const ratios = entries.map(({ratio}) => ratio!);
    const halves = entries.flatMap((entry) => (entry.halves ? [entry.halves] : []));
    const [first, second] = [0, 1].map((i) => geometricMean(halves.map((half) => half[i]!)));
    return {
      op,
      backend,
      threads,
      peer,
      mean: geometricMean(ratios),
      least: Math.min(...ratios),
      largest: Math.max(...ratios),
      spread: halves.length > 0 ? spread(first!, second!) : null,
    };
  });
}

export interface Noise {
  /** How many ratios there are, and how many of them differ by more than the limit between the halves of the run. */
  ratios: number;
  noisy: number;
  /** Median and largest difference. */
  median: number;
  largest: number;
}

export function noise({cases}: Report): Noise {
  const spreads = cases
    .flatMap(({entries}) => entries)
    .flatMap(({peer, halves}) => (halves && peer !== 'ours' ? [spread(...halves)] : []))
    .sort((a, b) => a - b);
  return {
    ratios: spreads.length,
    noisy: spreads.filter((one) => one > NOISE_LIMIT).length,
    median: spreads[spreads.length >> 1] ?? 0,
    largest: spreads.at(-1) ?? 0,
  };
}

/** What the tool says about its own figures. */
export function noiseStatement(report: Report): string {
  const {ratios, noisy, median, largest} = noise(report);
  const percent = (x: number) => `${(100 * x).toFixed(0)} %`;
  if (ratios === 0) return 'Not enough was timed to tell how noisy the figures are.';
  const found = `The two halves of the run differ by ${percent(median)} in the median ratio and ${percent(largest)} at most`;
  if (noisy === 0) return `${found}: all ${ratios} ratios are within ${percent(NOISE_LIMIT)}.`;
  return (
    `NOISY: ${found}; ${noisy} of ${ratios} ratios differ by more than ${percent(NOISE_LIMIT)}. They are shown as ` +
    'ranges. Close other programs, or give each case more seconds.'
  );
}

/** A ratio with as many digits as it deserves: a range if the halves of the run disagree about it. */
export function ratioText({ratio, halves}: {ratio: number | null; halves: [number, number] | null}): string {
  if (ratio === null) return '';
  if (!halves || spread(...halves) <= NOISE_LIMIT) return digits(ratio);
  const [low, high] = [...halves].sort((a, b) => a - b);
  return `${digits(low!)} to ${digits(high!)}`;
}

function digits(x: number): string {
  return x < 10 ? x.toFixed(2) : x < 100 ? x.toFixed(1) : x.toFixed(0);
}
