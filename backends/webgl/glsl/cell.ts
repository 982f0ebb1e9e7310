import type {Orientation, RowLayout} from '../layout';
import type {Place} from '../textures';

/**
 * GLSL for the cell that is being drawn: two lines by two columns of the grid, which a texel holds. `pairs` are the
 * pairs of rows that its upper and its lower line belong to. Divisions cost more than all else here, so there are none
 * where none is needed.
 */
export function cellSource({grid, orientation}: RowLayout, output: Place): string {
  const lone = grid.batches * grid.lines === 1;
  const where = output.linewise
    ? 'int lineOfTexels = outputPlace().y; int columnOfTexels = outputPlace().x;'
    : lone
      ? 'int lineOfTexels = 0; int columnOfTexels = outputTexel();'
      : `
        int lineOfTexels = outputTexel() / pairsOf(COLUMNS);
        int columnOfTexels = outputTexel() - lineOfTexels * pairsOf(COLUMNS);`;
  const batch = grid.matrices === 'one' ? '0' : 'lineOfTexels / pairsOf(LINES)';
  const line = {
    one: 'int line = 2 * lineOfTexels; bool lower = line + 1 < LINES;',
    even: 'int line = 2 * lineOfTexels; bool lower = true;',
    odd: `int line = 2 * lineOfTexels - ${batch}; bool lower = line + 1 < (${batch} + 1) * LINES;`,
  }[grid.matrices];
  return `
    struct Cell { int line; int column; ivec2 pairs; bvec4 inside; };

    Cell outputCell() {
      ${where}
      ${line}
      int column = 2 * columnOfTexels;
      bool right = column + 1 < COLUMNS;
      ivec2 pairs = ${pairs(orientation, batch)};
      return Cell(line, column, pairs, bvec4(true, right, lower, right && lower));
    }

    // tfjs's own programs expect zeros where a texel reaches beyond the tensor.
    vec4 zeroOutside(vec4 v, Cell cell) { return mix(vec4(0.), v, cell.inside); }
  `;
}

function pairs(orientation: Orientation, batch: string): string {
  if (orientation === 'lastAxis') return 'ivec2(lineOfTexels)';
  if (orientation === 'secondLastAxis') return `ivec2(${batch} * pairsOf(COLUMNS) + columnOfTexels)`;
  const line = '(line / GAP / N * GAP + line % GAP)';
  return `${line} * pairsOf(COLUMNS) + columnOfTexels + ivec2(0, pairsOf(COLUMNS))`;
}
