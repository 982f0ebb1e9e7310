import type {RowLayout} from '../layout';

/**
 * GLSL for the cell that is being drawn: two lines by two columns of the grid, which a texel holds. `pairs` are the
 * pairs of rows that its upper and its lower line belong to. Divisions cost more than all else here, so there are none
 * where none is needed.
 */
export function cellSource({grid, orientation}: RowLayout, linewise: boolean): string {
  const unlined =
    grid.batches * grid.lines === 1 ? 'ivec2(outputTexel(), 0)' : 'placeAt(outputTexel(), pairsOf(COLUMNS))';
  const batch = grid.matrices === 'one' ? '0' : 'texel.y / pairsOf(LINES)';
  const line = {
    one: 'int line = 2 * texel.y; bool lower = line + 1 < LINES;',
    even: 'int line = 2 * texel.y; bool lower = true;',
    odd: `int line = 2 * texel.y - ${batch}; bool lower = line + 1 < (${batch} + 1) * LINES;`,
  }[grid.matrices];
  const pairs = {
    lastAxis: 'ivec2(texel.y)',
    secondLastAxis: `ivec2(${batch} * pairsOf(COLUMNS) + texel.x)`,
    outerAxis: '(line / GAP / N * GAP + line % GAP) * pairsOf(COLUMNS) + texel.x + ivec2(0, pairsOf(COLUMNS))',
  }[orientation];
  return `
    struct Cell { int line; int column; ivec2 pairs; bvec4 inside; };

    Cell outputCell() {
      ivec2 texel = ${linewise ? 'outputPlace()' : unlined};
      ${line}
      int column = 2 * texel.x;
      bool right = column + 1 < COLUMNS;
      return Cell(line, column, ${pairs}, bvec4(true, right, lower, right && lower));
    }

    // tfjs's own programs expect zeros where a texel reaches beyond the tensor.
    vec4 zeroOutside(vec4 v, Cell cell) { return mix(vec4(0.), v, cell.inside); }
  `;
}
