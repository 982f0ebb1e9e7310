import type {Rows} from '../engines/types';

/** What plans depend on beside the rows: plain data, found out once a backend. */
export interface Hardware {
  /** Whether the GPU is a program on the CPU, where threads that wait for each other cost more than anything else. */
  software: boolean;
  /** Threads of a workgroup, at most. */
  threads: number;
  /** Workgroups that there have to be to keep the GPU busy. */
  busy: number;
  /** Workgroups along one dimension of a dispatch, at most. */
  grid: number;
  /** Bytes of a tensor, at most. */
  bytes: number;
  /** For tests and measurements: what is chosen for rows, in place of what would be. */
  choose?: (rows: Rows) => Shape;
}

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

/** What a plan leaves to choose: everything else follows. */
export type Shape = Pick<Plan, 'vector' | 'rows' | 'threads' | 'held'> & {split?: boolean};

/** The plan for these rows on that hardware. */
export function planFor(rows: Rows, hardware: Hardware): Plan {
  const choose = hardware.choose ?? (hardware.software ? inSoftware : rows.inner > 1 ? acrossRows : alongRows);
  return layOut(rows, choose(rows, hardware), hardware);
}

/*
 * The numbers below are those that did best, or within a few per cent of it, on an NVIDIA H200 (Dawn on Vulkan, 2026-11-27),
 * of all that `npm run bench:gpu` tries: the benchmark prints them for any other GPU.
 */

/** Workgroups of fewer threads leave lanes of the hardware empty. */
const LEAST = 64;

/** Rows whose elements lie side by side: threads lie along them, and hold four vectors each while a row is short. */
function alongRows({outer, n}: Rows, {threads: most, busy}: Hardware): Shape {
  const vector = n % 4 === 0 ? 4 : 1;
  const vectors = n / vector;
  const threads = Math.min(powerOfTwo(vectors / 4), vector === 4 ? 128 : 256, most);
  if (vectors <= 8 * threads) return registers(vector, vectors, threads);
  if (vectors <= 16 * most) return registers(vector, vectors, most);
  const split = outer < busy;
  return {vector, rows: 1, threads: most, held: split ? (vector === 4 ? 4 : 8) : 0, split};
}

function registers(vector: 1 | 4, vectors: number, threads: number): Shape {
  return {vector, rows: Math.max(1, LEAST / threads), threads, held: powerOfTwo(vectors / threads)};
}

/** Rows whose elements lie apart: as many rows side by side as what the memory delivers at once, and four at least. */
function acrossRows({outer, n, inner}: Rows, {threads: most, busy}: Hardware): Shape {
  const held = 16;
  const threads = Math.min(powerOfTwo(n / held), most / 4);
  const rows = Math.max(Math.min(64, 128 / threads, powerOfTwo(inner)), 4, LEAST / threads);
  if (n <= threads * held) return {vector: 1, rows, threads, held: powerOfTwo(n / threads)};
  if (outer * inner < 4 * busy) return {vector: 1, rows, threads, held, split: true};
  return {vector: 1, rows: 16, threads: most / 16, held: 0};
}

/** On a program, threads that wait for each other cost the most: there are more of them only where rows are few. */
function inSoftware({outer, n, inner}: Rows): Shape {
  const vector = inner === 1 && n % 4 === 0 ? 4 : 1;
  return outer * inner < 4 ? {vector, rows: 1, threads: 16, held: 0} : {vector, rows: 16, threads: 1, held: 0};
}

/** All of a plan, from what is chosen. */
export function layOut({outer, n, inner}: Rows, shape: Shape, {grid: limit}: Pick<Hardware, 'grid'>): Plan {
  const {vector, rows, threads, held, split = false} = shape;
  const strided = inner > 1;
  const part = split ? threads * held : n / vector;
  const parts = Math.ceil(n / vector / part);
  const groups = Math.ceil((outer * inner) / rows) * parts;
  const lines = Math.ceil(groups / limit);
  const plan = {strided, vector, rows, threads, held, parts, part};
  return {variant: variantOf(plan), ...plan, grid: [Math.ceil(groups / lines), lines]};
}

function variantOf({strided, parts, held, rows}: Omit<Plan, 'variant' | 'grid'>): Variant {
  if (strided) return parts > 1 ? 'splitStridedRows' : 'stridedRows';
  if (parts > 1) return 'splitRows';
  if (held === 0) return 'longRows';
  return rows > 1 ? 'shortRows' : 'rowInRegisters';
}

/** What the programs of a plan have in their code; all else is in uniforms, so that a new batch size compiles nothing. */
export function codeOf({strided, vector, rows, threads, held}: Plan): string {
  return `${strided ? 's' : 'c'}${vector}_${rows}x${threads}_${held}`;
}

/** The least power of two that is at least x, and at least 1. */
function powerOfTwo(x: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(x)));
}

/** A plan for people. */
export function inWords({variant, vector, rows, threads, held, parts}: Plan): string {
  const layout = `${rows} row${rows > 1 ? 's' : ''} to a workgroup, ${threads} thread${threads > 1 ? 's' : ''} each`;
  const way = held > 0 ? `${held} vectors of ${vector} in registers` : `walking along it by vectors of ${vector}`;
  return `${variant}: ${layout}, ${way}${parts > 1 ? `, in ${parts} parts` : ''}`;
}
