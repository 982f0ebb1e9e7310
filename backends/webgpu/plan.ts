import type {Rows} from '../engines/types';
import type {Hardware} from './hardware';

/**
 * How rows are laid on workgroups, as data: what decides it is here, and nothing else.
 *
 * A workgroup takes `rows` rows, each with `threads` threads. A row lies in vectors of 4 elements where its length
 * allows, else of 1. Each thread holds `held` of them in registers, so that a row is read once; if `held` is 0, threads
 * walk along their row, and read it once for each thing that they do.
 */
export interface Plan {
  variant: Variant;
  /** Whether the elements of a row lie apart; then threads side by side work on rows side by side. */
  strided: boolean;
  vector: 1 | 4;
  rows: number;
  threads: number;
  held: number;
  /** How many parts a row is cut into, each with a workgroup of its own, and vectors in a part. 1: the whole row. */
  parts: number;
  part: number;
  /** How many times `rows` rows a workgroup takes, one after the other. */
  turns: number;
  /** Workgroups; no more than a device allows along each dimension. */
  grid: [number, number];
}

export type Variant =
  /** Several rows to a workgroup, each in registers. */
  | 'shortRows'
  /** One row to a workgroup, in its registers. */
  | 'rowInRegisters'
  /** A workgroup walks along a row that its registers cannot hold. */
  | 'longRows'
  /** A row is cut into parts, in one dispatch that reduces each and one that merges what is left of them. */
  | 'splitRows'
  /** The elements of a row lie apart: threads lie across the rows, and walk along them, or hold them. */
  | 'stridedRows'
  | 'splitStridedRows';

/** How many vectors a thread has in flight when it walks along a row. */
export const WALK = 4;

/** After how many times that many vectors a thread that walks adds what it has to its total. */
export const STRETCH = 32;

/** What a plan leaves to choose: everything else follows. */
export type Shape = Pick<Plan, 'vector' | 'rows' | 'threads' | 'held'> & {split?: boolean; turns?: number};

/** The plan for these rows on that hardware. */
export function planFor(rows: Rows, hardware: Hardware): Plan {
  const choose = hardware.choose ?? (rows.inner > 1 ? acrossRows : alongRows);
  return layOut(rows, choose(rows, hardware), hardware);
}

/** Rows whose elements lie side by side: threads lie along them. */
function alongRows({outer, n}: Rows, {software, threads: most, busy}: Hardware): Shape {
  const vector = n % 4 === 0 ? 4 : 1;
  const vectors = n / vector;
  if (software) return {vector, rows: 16, threads: 1, held: 0, ...(outer < 4 && {rows: 1, threads: 16})};
  const least = Math.min(64, most);
  // Registers for 16 elements each while a workgroup has few threads, since more threads wait longer for each other.
  const few = 16 / vector;
  for (let threads = least; threads <= most; threads *= 2) {
    const held = threads < most ? few : 2 * few;
    if (vectors > threads * held) continue;
    if (threads === least && vectors <= least) {
      const perRow = powerOfTwo(vectors);
      return {vector, rows: least / perRow, threads: perRow, held: 1};
    }
    return {vector, rows: 1, threads, held: powerOfTwo(vectors / threads)};
  }
  const split = n > 32768 || outer < busy;
  return {vector, rows: 1, threads: most, held: split ? few : 0, split};
}

/** Rows whose elements lie apart: as many rows side by side as there are, or as fill what the memory delivers at once. */
function acrossRows({outer, n, inner}: Rows, {software, threads: most, busy}: Hardware): Shape {
  const rows = Math.min(software ? 16 : 64, powerOfTwo(inner));
  const held = 16;
  let threads = 1;
  const enough = software ? 16 : 64;
  // No fewer threads than fill a workgroup, more while they let the registers hold the rows.
  while (rows * threads < enough && threads < n) threads *= 2;
  if (software) return {vector: 1, rows, threads: rows === 1 ? threads : 1, held: 0};
  while (rows * threads < most && threads * held < n) threads *= 2;
  if (n <= threads * held) return {vector: 1, rows, threads, held: powerOfTwo(n / threads)};
  const split = n > 4 * threads * held && outer * inner < rows * busy;
  return {vector: 1, rows, threads, held: split ? held : 0, split};
}

/** All of a plan, from what is chosen. */
export function layOut({outer, n, inner}: Rows, shape: Shape, {grid: limit}: Pick<Hardware, 'grid'>): Plan {
  const {vector, rows, threads, held, split = false, turns = 1} = shape;
  const strided = inner > 1;
  const part = split ? threads * held : n / vector;
  const parts = Math.ceil(n / vector / part);
  const groups = Math.ceil(Math.ceil((outer * inner) / rows) / turns) * parts;
  const lines = Math.ceil(groups / limit);
  const plan = {strided, vector, rows, threads, held, parts, part, turns};
  return {variant: variantOf(plan), ...plan, grid: [Math.ceil(groups / lines), lines]};
}

function variantOf({strided, parts, held, rows}: Omit<Plan, 'variant' | 'grid'>): Variant {
  if (strided) return parts > 1 ? 'splitStridedRows' : 'stridedRows';
  if (parts > 1) return 'splitRows';
  if (held === 0) return 'longRows';
  return rows > 1 ? 'shortRows' : 'rowInRegisters';
}

/** What the programs of a plan have in their code; all else is in uniforms, so that a new batch size compiles nothing. */
export function codeOf({strided, vector, rows, threads, held, turns}: Plan): string {
  return `${strided ? 's' : 'c'}${vector}_${rows}x${threads}_${held}${turns > 1 ? '_turns' : ''}`;
}

/** The least power of two that is at least x, and at least 1. */
function powerOfTwo(x: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(x)));
}
