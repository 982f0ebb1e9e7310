import type {Device} from './device';

/**
 * How a reduction of rows is cut: into windows, one fragment each, whose results a further draw reduces, or whoever reads
 * them merges. This is the one place that decides it, for forward passes, products, losses and masks alike; a function of
 * sizes and device alone.
 *
 * A software renderer has few threads, and a draw is what costs: a row is one window as long as its sum does not get
 * too long. A GPU has thousands of threads, each of them slow: [64, 1000] in one draw of 32 fragments that loop over
 * 1000 elements took 174 µs on an H200, with windows of 128 and a draw more 56. There the number of fragments decides.
 */
export interface Level {
  /** What is reduced of each row: its elements, or windows of the level before. */
  items: number;
  windows: number;
  /** Items from the first of a window to the first of the next. */
  offset: number;
  /** Items from one turn of a window's loop to the next. A turn takes two elements, or one window. */
  step: number;
  /** Items from the first of a window to its end. */
  span: number;
}

/** The draws of a reduction, and how many windows of a row the last of them leaves to whoever reads them. */
export interface Plan {
  levels: Level[];
  left: number;
}

/** What is to be reduced: rows of n elements, of which one fragment takes a pair. */
export interface Size {
  pairs: number;
  n: number;
  /** All rows together. */
  elements: number;
}

/**
 * Who reads what a reduction leaves: a `map` draws all elements, so that to merge many windows there would cost more than a
 * draw; a reader of `rows` draws a few numbers of each row; what is left for `none` is finished.
 */
export type Reader = 'map' | 'rows' | 'none';

/** How reductions are cut so that enough fragments are at work. */
export interface Cut {
  /** For so many elements there is a fragment in the first reduction, */
  elementsPerFragment: number;
  /** up to this many fragments. */
  fragments: number;
  /** Elements of the longest window, */
  longest: number;
  /** unless a row would then have more windows than this. */
  windows: number;
  /** Windows that one fragment merges; of more, first groups are merged. */
  merged: number;
  /** Windows of a row that a map merges by itself. */
  leftToMap: number;
}

export const FOR_HARDWARE: Cut = {
  elementsPerFragment: 64,
  fragments: 16384,
  longest: 128,
  windows: 65536,
  merged: 64,
  leftToMap: 4,
};

let tried: Cut | null = null;

/** For benchmarks: until called with null, hardware is cut in that way. */
export function tryCut(cut: Cut | null): void {
  tried = cut;
}

/** All that a plan depends on besides the size and the reader, as a key. */
export function cutKey({software}: Device): string {
  if (software) return 'software';
  return tried ? JSON.stringify(tried) : 'hardware';
}

export function planReduction(size: Size, reader: Reader, {software}: Device): Plan {
  if (software) return {levels: fewestDraws(size.n), left: 1};
  const cut = tried ?? FOR_HARDWARE;
  const first = firstOf(size, cut);
  const levels = [first, ...mergesOf(first.windows, cut)];
  const most = {map: cut.leftToMap, rows: cut.merged, none: 1}[reader];
  while (levels.length > 1 && levels.at(-1)!.items <= most) levels.pop();
  return {levels, left: levels.at(-1)!.windows};
}

/** The same for a second sum over rows, whose first draw reads what is finished: short rows need no further draw. */
export function planSecondSum(size: Size, device: Device): Plan {
  if (device.software || size.n <= SHORT) return {levels: [whole(size.n, 2)], left: 1};
  return planReduction(size, 'none', device);
}

/** Loops over so many elements are not worth a draw anywhere. */
const SHORT = 128;

/** Of a loop of a level. */
export function stepsOf({items, step, span}: Level): number {
  return Math.ceil(Math.min(span, items) / step);
}

/** For people: what a reduction draws. */
export function planInWords({levels, left}: Plan, {pairs}: Size): string {
  const draws = levels.map((level) => `${pairs * level.windows} fragments of ${stepsOf(level)} steps`);
  return `${draws.join(', then ')}${left > 1 ? `; ${left} windows of a row are merged where they are read` : ''}`;
}

/** For people: how reductions are cut on a device, and why. */
export function cutInWords({software}: Device): string {
  if (software) return 'reductions cut for few draws, since this renderer runs on the CPU';
  const {elementsPerFragment, fragments} = FOR_HARDWARE;
  return `reductions cut for parallelism: a fragment for ${elementsPerFragment} elements, up to ${fragments}`;
}

/** One window a row. */
function whole(items: number, step: number): Level {
  return sideBySide(items, items, step);
}

/** Windows side by side, cut by ceil: what a row of prime length costs is what its neighbours cost. */
function sideBySide(items: number, length: number, step: number): Level {
  return {items, windows: Math.ceil(items / length), offset: length, step, span: length};
}

/** Rows up to here are reduced in one draw by a software renderer, */
const ONE_DRAW = 1024;
/** up to here in two, longer ones in three. */
const TWO_DRAWS = 2 ** 18;

function fewestDraws(n: number): Level[] {
  const levels: Level[] = [];
  let items = n;
  for (let draws = n <= ONE_DRAW ? 1 : n <= TWO_DRAWS ? 2 : 3; draws > 0; draws--) {
    const length = Math.min(2 * Math.ceil(items ** (1 / draws) / 2), items);
    levels.push(sideBySide(items, length, levels.length === 0 ? 2 : 1));
    items = levels.at(-1)!.windows;
  }
  return levels;
}

function firstOf({pairs, n, elements}: Size, {elementsPerFragment, fragments, longest, windows: most}: Cut): Level {
  const wanted = Math.min(elements / elementsPerFragment, fragments) / pairs;
  const windows = Math.min(Math.ceil(Math.max(wanted, Math.min(n / longest, most))), Math.ceil(n / 2));
  // Inside one another, so that neighbouring fragments read neighbouring texels.
  return windows === 1 ? whole(n, 2) : {items: n, windows, offset: 2, step: 2 * windows, span: n};
}

function mergesOf(windows: number, {merged}: Cut): Level[] {
  if (windows <= merged) return [whole(windows, 1)];
  const groups = sideBySide(windows, Math.ceil(Math.sqrt(windows)), 1);
  return [groups, whole(groups.windows, 1)];
}
