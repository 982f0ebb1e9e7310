import {PART_UNIT} from './native_copy';
import {MOST_CALLS} from './threads';

/** Some of the outer rows of a tensor, one after the other. */
export interface Span {
  first: number;
  rows: number;
}

/** Elements of a part, more or less: enough to be worth two native calls, few enough to stay in a processor's cache. */
const PART_ELEMENTS = 1 << 18;
/** Elements of a kernel call: some 15 µs of work, beside which handing it over costs little. */
const CALL_ELEMENTS = 1 << 14;

/**
 * The parts of tensors with the same number of outer rows, the longest of `width` elements: of one size but the last, which
 * may be smaller. `copied` are the elements per outer row of those that native ops copy, in whole units where that makes
 * parts not much larger: then no elements are handed on from part to part.
 */
export function partsOf(outer: number, width: number, copied: number[]): Span[] {
  const fits = (rows: number) => copied.every((each) => (rows * each) % PART_UNIT === 0);
  const parts = Math.ceil((outer * width) / PART_ELEMENTS);
  const rows = Math.ceil(outer / parts);
  let unit = 1;
  while (!fits(unit)) unit *= 2;
  const most = Math.ceil(rows / unit) * unit;
  const shortest = (outer % rows || rows) * Math.min(...copied);
  if (4 * most > 5 * rows && shortest >= PART_UNIT) return divide(outer, rows);
  for (let fewer = most; 2 * fewer > most; fewer -= unit) {
    if (outer % fewer === 0) return divide(outer, fewer);
  }
  return divide(outer, most);
}

/** Where the parts of a tensor begin that has so many elements per outer row, and where the last one ends. */
export function boundsOf(parts: Span[], width: number): number[] {
  const {first, rows} = parts.at(-1)!;
  return [...parts.map((part) => part.first * width), (first + rows) * width];
}

/** The calls that a part is divided into. The last takes what is left over, so that none is too short. */
export function callsOf(rows: number, width: number): Span[] {
  const least = Math.max(Math.ceil(CALL_ELEMENTS / width), Math.ceil(rows / MOST_CALLS));
  const calls = Math.max(1, Math.floor(rows / least));
  return Array.from({length: calls}, (_, i) => ({
    first: i * least,
    rows: i === calls - 1 ? rows - i * least : least,
  }));
}

function divide(outer: number, rows: number): Span[] {
  const count = Math.ceil(outer / rows);
  return Array.from({length: count}, (_, i) => ({first: i * rows, rows: Math.min(rows, outer - i * rows)}));
}
