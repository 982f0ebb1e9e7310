import type {Checked} from './candidate';
import type {Case, Entry} from './report';
import {quantile, summary} from './statistics';
import {idealBytes} from './workload';

/** What was seen of one candidate in one case. */
export interface Observed extends Checked {
  peer: string;
  /** Milliseconds a call by round, for each half of the run; rounds of all candidates correspond. */
  halves: [number[], number[]];
}

/** The figures of a case. The copy is what others are measured by, and no entry of its own right for ratios. */
export function figures(of: Omit<Case, 'entries'>, observed: Observed[]): Case {
  const {op, shape} = of;
  const elements = shape[0] * shape[1];
  const ours = observed.find(({peer, fault}) => peer === 'ours' && !fault);
  const copy = observed.find(({peer, fault}) => peer === 'copy' && !fault);
  const copyGbPerSecond = copy ? gbPerSecond(8 * elements, summary(taken(copy)).median) : Number.NaN;
  const entries = observed.map((one): Entry => {
    const {halves, ...base} = one;
    const {peer, fault} = base;
    const times = fault ? [] : taken(one);
    if (times.length === 0) return {...base, ...NO_TIMES};
    const ms = summary(times);
    const gb = gbPerSecond(peer === 'copy' ? 8 * elements : idealBytes(op, shape), ms.median);
    const ratios = ours && peer !== 'copy' ? halves.map((half, i) => pairedRatios(half, ours.halves[i]!)) : [];
    const [first = [], second = []] = ratios;
    return {
      ...base,
      ms,
      nsPerElement: (ms.median * 1e6) / elements,
      gbPerSecond: gb,
      percentOfCopy: orNull((100 * gb) / copyGbPerSecond),
      ratio: orNull(quantile([...first, ...second], 0.5)),
      halves: first.length > 0 && second.length > 0 ? [quantile(first, 0.5), quantile(second, 0.5)] : null,
    };
  });
  return {...of, entries};
}

const NO_TIMES = {ms: null, nsPerElement: null, gbPerSecond: null, percentOfCopy: null, ratio: null, halves: null};

function taken({halves}: Observed): number[] {
  return halves.flat().filter((ms) => !Number.isNaN(ms));
}

/** In rounds that both took part in: what else the machine did then fell on both. */
function pairedRatios(theirs: number[], ours: number[]): number[] {
  return theirs.map((ms, round) => ms / ours[round]!).filter((ratio) => ratio > 0);
}

function gbPerSecond(bytes: number, ms: number): number {
  return bytes / ms / 1e6;
}

function orNull(figure: number): number | null {
  return Number.isFinite(figure) ? figure : null;
}
