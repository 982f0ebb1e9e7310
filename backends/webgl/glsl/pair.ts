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
  const length = orientation === 'lastAxis' ? 'LINES' : 'COLUMNS';
  return `
    int pairOfRow(int row, out bool isOne) {
      ivec2 at = placeAt(row, ${length});
      isOne = at.x % 2 == 0;
      return at.y * pairsOf(${length}) + at.x / 2;
    }
  `;
}

function along(isOdd: boolean): string {
  return `
    ivec2 rowsOfPair(int pair) {
      int line = 2 * pair${isOdd ? ' - pair / pairsOf(LINES)' : ''};
      return ivec2(line, line + 1);
    }

    ivec4 placesOfPair(int pair, int j) {
      ivec2 lines = rowsOfPair(pair);
      return ivec4(j, lines.x, j, lines.y);
    }`;
}

const ACROSS = `
    ivec2 rowsOfPair(int pair) {
      ivec2 at = placeAt(pair, pairsOf(COLUMNS));
      return at.y * COLUMNS + 2 * at.x + ivec2(0, 1);
    }

    ivec4 placesOfPair(int pair, int j) {
      ivec2 at = placeAt(pair, pairsOf(COLUMNS));
      int line = at.y + (at.y / GAP * (N - 1) + j) * GAP;
      return ivec4(2 * at.x, line, 2 * at.x + 1, line);
    }`;
