import {util} from '@tensorflow/tfjs-core';
import type {Rows} from '../engines/types';
import type {Size} from './plan';
import type {Piece} from './program';

/**
 * A tensor as tfjs packs it: a batch of matrices, of which each RGBA texel holds two adjacent rows by two adjacent
 * columns. Rows of the matrix are called lines here, since the rows that a softmax runs along may lie across them.
 */
export interface Grid {
  batches: number;
  lines: number;
  columns: number;
  /**
   * Whether there is one matrix, by rank, or several with an even or odd number of lines: with an odd number, the last
   * line of each shares its texels with no other. It is what a program may depend on, a number of batches is not.
   */
  matrices: 'one' | 'even' | 'odd';
}

export function gridOf(shape: number[]): Grid {
  const columns = shape.at(-1) ?? 1;
  const lines = shape.at(-2) ?? 1;
  const several = isEven(lines) ? 'even' : 'odd';
  const batches = util.sizeFromShape(shape.slice(0, -2));
  return {batches, lines, columns, matrices: shape.length <= 2 ? 'one' : several};
}

/** Texels from one line of texels to the next. */
export function texelsPerLine(grid: Grid): number {
  return half(grid.columns);
}

/** Texels of a packed texture. */
export function texelsOf(grid: Grid): number {
  return grid.batches * half(grid.lines) * half(grid.columns);
}

/** Whether a tensor packed under one shape has the same texels, in the same order, under the other. */
export function sameTexels(a: number[], b: number[]): boolean {
  const [p, q] = [gridOf(a), gridOf(b)];
  const sameLines = p.lines === q.lines || (isEven(p.lines) && isEven(q.lines));
  const evenSingleLines = p.lines === 1 && q.lines === 1 && isEven(p.columns) && isEven(q.columns);
  return (p.columns === q.columns && sameLines) || evenSingleLines;
}

/**
 * How the rows of a softmax lie in the grid, which is what tells how they lie in packed texels.
 *
 * - `lastAxis`: along a line; a texel holds two elements of each of two rows, one row above the other.
 * - `secondLastAxis`: down a column; a texel holds two elements of each of two rows, side by side.
 * - `outerAxis`: through the batches; a texel holds one element of each of four rows, two by two.
 *
 * In each, two adjacent rows make a pair, and one texel of statistics serves a pair.
 */
export type Orientation = 'lastAxis' | 'secondLastAxis' | 'outerAxis';

export interface RowLayout extends Size {
  orientation: Orientation;
  grid: Grid;
  /** Lines from one element of a row to the next; unless the rows lie along lines. */
  gap: number;
}

export function layRows(shape: number[], {outer, n, inner}: Rows): RowLayout {
  const grid = gridOf(shape);
  const size = {grid, n, elements: outer * n * inner};
  if (inner === 1 && n === grid.columns) {
    return {...size, orientation: 'lastAxis', gap: 0, pairs: grid.batches * half(grid.lines)};
  }
  const gap = inner / grid.columns;
  const orientation = gap === 1 && n === grid.lines ? 'secondLastAxis' : 'outerAxis';
  return {...size, orientation, gap, pairs: outer * gap * half(grid.columns)};
}

/** How rows lie in the grid, for GLSL. */
export function layoutPiece({grid, gap, n}: RowLayout): Piece {
  return {source: LAYOUT, uniforms: {layoutOfRows: ['ivec4', [grid.lines, grid.columns, gap, n]]}};
}

const LAYOUT = `
  #define LINES layoutOfRows.x
  #define COLUMNS layoutOfRows.y
  #define GAP layoutOfRows.z
  #define N layoutOfRows.w
  int pairsOf(int n) { return (n + 1) / 2; }

  // The number of the texel that holds an element, (column, line), of packed matrices.
  int packedTexel(ivec2 element, int lines, int columns) {
    int batch = element.y / lines;
    int line = element.y - batch * lines;
    return (batch * pairsOf(lines) + line / 2) * pairsOf(columns) + element.x / 2;
  }
`;

/** From one element of a row to the next, in elements of the tensor. */
export function elementStride({orientation, gap, grid}: RowLayout): number {
  return orientation === 'lastAxis' ? 1 : gap * grid.columns;
}

/** From one texel of a row to the next, in texels. */
export function texelStride({orientation, gap, grid}: RowLayout): number {
  if (orientation === 'lastAxis') return 1;
  if (orientation === 'secondLastAxis') return half(grid.columns);
  return (gap / grid.lines) * half(grid.lines) * half(grid.columns);
}

/** Height and width of a texture for so many texels, about square: software renderers share textures out by height. */
export function squarish(texels: number): [height: number, width: number] {
  const width = Math.ceil(Math.sqrt(texels));
  return [Math.ceil(texels / width), width];
}

/** ⌈n/2⌉: how many pairs, or texels, hold n. */
function half(n: number): number {
  return Math.ceil(n / 2);
}

function isEven(n: number): boolean {
  return n % 2 === 0;
}
