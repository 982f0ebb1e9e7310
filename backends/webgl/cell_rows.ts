import {indexReader} from './index_reader';
import type {RowLayout} from './layout';
import type {Program, Texture} from './textures';

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
export function rowNumberReader(
  input: string,
  texture: Texture,
  shape: number[],
  {orientation}: RowLayout,
): Pick<Program, 'source' | 'uniforms'> {
  const {source, uniforms} = indexReader(input, texture, shape);
  const numbers = {
    lastAxis: `vec2(at${input}(rows.x), at${input}(rows.z)).xxyy`,
    secondLastAxis: `vec2(at${input}(rows.x), at${input}(rows.y)).xyxy`,
    outerAxis: `vec4(at${input}(rows.x), at${input}(rows.y), at${input}(rows.z), at${input}(rows.w))`,
  }[orientation];
  return {
    source: `${source}
      vec4 ofRows${input}(Cell cell) {
        ivec4 rows = rowsOf(cell);
        return ${numbers};
      }`,
    uniforms,
  };
}
