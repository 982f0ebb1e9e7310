import type {Orientation} from '../layout';

/**
 * Two lines by two columns of the grid: what the texel that is being drawn holds. `pairs` are the pairs of rows that
 * its upper and its lower line belong to.
 */
export const CELL = `
  struct Cell { int texel; int element; ivec2 pairs; bvec4 inside; };

  Cell cellAt(int texel) {
    int lineOfTexels = texel / pairsOf(COLUMNS);
    int column = 2 * (texel - lineOfTexels * pairsOf(COLUMNS));
    int batch = lineOfTexels / pairsOf(LINES);
    int lineInBatch = 2 * (lineOfTexels - batch * pairsOf(LINES));
    int line = batch * LINES + lineInBatch;
    bool right = column + 1 < COLUMNS;
    bool lower = lineInBatch + 1 < LINES;
    return Cell(texel, line * COLUMNS + column, pairsAt(lineOfTexels, batch, line, column / 2),
                bvec4(true, right, lower, right && lower));
  }

  // Stock programs count on zeros where a texel reaches beyond the tensor.
  vec4 zeroOutside(vec4 v, Cell cell) { return mix(vec4(0.), v, cell.inside); }
`;

/** GLSL for `pairsAt`: which pairs of rows go through a cell's upper and lower line. */
export const PAIRS: Record<Orientation, string> = {
  lastAxis: `
    ivec2 pairsAt(int lineOfTexels, int batch, int line, int columnOfTexels) { return ivec2(lineOfTexels); }`,
  secondLastAxis: `
    ivec2 pairsAt(int lineOfTexels, int batch, int line, int columnOfTexels) {
      return ivec2(batch * pairsOf(COLUMNS) + columnOfTexels);
    }`,
  outerAxis: `
    ivec2 pairsAt(int lineOfTexels, int batch, int line, int columnOfTexels) {
      int step = line / GAP;
      int pair = (step / N * GAP + line - step * GAP) * pairsOf(COLUMNS) + columnOfTexels;
      return ivec2(pair, pair + pairsOf(COLUMNS));
    }`,
};
