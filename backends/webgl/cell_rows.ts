import {indexReader} from './index_reader';
import type {Orientation, RowLayout} from './layout';
import type {Piece} from './program';
import type {Texture} from './textures';

/** GLSL for the rows that the four elements of a cell are in, and for which element of its row each of them is. */
export function cellRowsSource({orientation}: RowLayout): string {
  if (orientation === 'lastAxis') {
    return `
      ivec4 rowsOf(Cell cell) { return ivec4(cell.line, cell.line, cell.line + 1, cell.line + 1); }
      ivec4 elementsInRows(Cell cell) { return cell.column + ivec4(0, 1, 0, 1); }`;
  }
  return `
    ivec4 rowsOf(Cell cell) {
      ivec2 lines = cell.line + ivec2(0, 1);
      ivec2 first = (lines / GAP / N * GAP + lines % GAP) * COLUMNS + cell.column;
      return first.xxyy + ivec4(0, 1, 0, 1);
    }
    ivec4 elementsInRows(Cell cell) {
      ivec2 lines = cell.line + ivec2(0, 1);
      return (lines / GAP % N).xxyy;
    }`;
}

/** GLSL that reads, for the four elements of a cell, the numbers of their rows: `ofRowsX(cell)`. */
export function rowNumberReader(input: string, texture: Texture, {orientation}: RowLayout): Piece[] {
  return [indexReader(input, texture), ofRowsOfCell('vec', `ofRows${input}`, `at${input}`, orientation)];
}

/** GLSL of a function of a cell: for its four elements, what a function of their row gives. */
export function ofRowsOfCell(type: 'vec' | 'ivec', name: string, ofRow: string, orientation: Orientation): string {
  const [two, four] = [`${type}2`, `${type}4`];
  const numbers = {
    lastAxis: `${two}(${ofRow}(rows.x), ${ofRow}(rows.z)).xxyy`,
    secondLastAxis: `${two}(${ofRow}(rows.x), ${ofRow}(rows.y)).xyxy`,
    outerAxis: `${four}(${ofRow}(rows.x), ${ofRow}(rows.y), ${ofRow}(rows.z), ${ofRow}(rows.w))`,
  }[orientation];
  return `
      ${four} ${name}(Cell cell) {
        ivec4 rows = rowsOf(cell);
        return ${numbers};
      }`;
}
