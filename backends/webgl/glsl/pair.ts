import type {RowLayout} from '../layout';

/**
 * GLSL for where a pair of rows lies: (column, line) in the grid of element j of one row, and of the other; the numbers
 * of the two rows; and the pair that a row is in, as its one row or its other.
 */
export function pairSource({orientation, grid}: RowLayout): string {
  const lastAxis = orientation === 'lastAxis';
  const line = `
    int line = 2 * pair;
    ${grid.matrices === 'odd' ? 'line -= pair / pairsOf(LINES);' : ''}`;
  const lineAndColumn = `
    int line = pair / pairsOf(COLUMNS);
    int column = 2 * (pair - line * pairsOf(COLUMNS));`;
  const acrossPair = lastAxis ? 'LINES' : 'COLUMNS';
  return `
    ivec4 placesOfPair(int pair, int j) {
      ${
        lastAxis
          ? `${line}
      return ivec4(j, line, j, line + 1);`
          : `${lineAndColumn}
      line += (line / GAP * (N - 1) + j) * GAP;
      return ivec4(column, line, column + 1, line);`
      }
    }

    ivec2 rowsOfPair(int pair) {
      ${lastAxis ? line : lineAndColumn}
      int row = ${lastAxis ? 'line' : 'line * COLUMNS + column'};
      return ivec2(row, row + 1);
    }

    int pairOfRow(int row, out bool isOne) {
      int others = row / ${acrossPair};
      int at = row - others * ${acrossPair};
      isOne = at % 2 == 0;
      return others * pairsOf(${acrossPair}) + at / 2;
    }
  `;
}
