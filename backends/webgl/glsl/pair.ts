import type {RowLayout} from '../layout';

/**
 * GLSL for where a pair of rows lies: (column, line) in the grid of element j of one row, and of the other; and the numbers
 * of the two rows.
 */
export function pairSource({orientation, grid}: RowLayout): string {
  return orientation === 'lastAxis' ? along(grid.matrices === 'odd') : ACROSS;
}

/** GLSL for the pair that a row is in, as its one row or its other. */
export function pairOfRowSource({orientation}: RowLayout): string {
  const lastAxis = orientation === 'lastAxis';
  return `
    int pairOfRow(int row, out bool isOne) {
      int others = row / ${lastAxis ? 'LINES' : 'COLUMNS'};
      int at = row - others * ${lastAxis ? 'LINES' : 'COLUMNS'};
      isOne = at % 2 == 0;
      return others * pairsOf(${lastAxis ? 'LINES' : 'COLUMNS'}) + at / 2;
    }
  `;
}

function along(isOdd: boolean): string {
  return `
    ivec2 rowsOfPair(int pair) {
      int line = 2 * pair;
      ${isOdd ? 'line -= pair / pairsOf(LINES);' : ''}
      return ivec2(line, line + 1);
    }

    ivec4 placesOfPair(int pair, int j) {
      ivec2 lines = rowsOfPair(pair);
      return ivec4(j, lines.x, j, lines.y);
    }`;
}

const ACROSS = `
    ivec2 rowsOfPair(int pair) {
      int line = pair / pairsOf(COLUMNS);
      int column = 2 * (pair - line * pairsOf(COLUMNS));
      return line * COLUMNS + column + ivec2(0, 1);
    }

    ivec4 placesOfPair(int pair, int j) {
      int line = pair / pairsOf(COLUMNS);
      int column = 2 * (pair - line * pairsOf(COLUMNS));
      line += (line / GAP * (N - 1) + j) * GAP;
      return ivec4(column, line, column + 1, line);
    }`;
