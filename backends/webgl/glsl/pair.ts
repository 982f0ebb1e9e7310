import type {RowLayout} from '../layout';

/** GLSL for where in the grid a pair of rows lies: (column, line) of element j of one row, and of the other. */
export function pairSource({orientation, grid}: RowLayout): string {
  const along = `
    int line = 2 * pair;
    ${grid.matrices === 'odd' ? 'line -= pair / pairsOf(LINES);' : ''}
    return ivec4(j, line, j, line + 1);`;
  const across = `
    int line = pair / pairsOf(COLUMNS);
    int column = 2 * (pair - line * pairsOf(COLUMNS));
    line += (line / GAP * (N - 1) + j) * GAP;
    return ivec4(column, line, column + 1, line);`;
  return `
    ivec4 placesOfPair(int pair, int j) {
      ${orientation === 'lastAxis' ? along : across}
    }
  `;
}
