import type {Orientation} from './layout';

/** GLSL that reads, for the four elements of a cell, what a reduction left of their rows: two numbers each. */
export const ROW_STATISTICS: Record<Orientation, string> = {
  lastAxis: `
    void readStatistics(Cell cell, out vec4 first, out vec4 second) {
      vec4 pair = texelFetch(S, scratchAt(cell.pairs.x, shiftS), 0);
      first = pair.xxzz;
      second = pair.yyww;
    }`,
  secondLastAxis: `
    void readStatistics(Cell cell, out vec4 first, out vec4 second) {
      vec4 pair = texelFetch(S, scratchAt(cell.pairs.x, shiftS), 0);
      first = pair.xzxz;
      second = pair.ywyw;
    }`,
  outerAxis: `
    void readStatistics(Cell cell, out vec4 first, out vec4 second) {
      vec4 upper = texelFetch(S, scratchAt(cell.pairs.x, shiftS), 0);
      vec4 lower = texelFetch(S, scratchAt(cell.pairs.y, shiftS), 0);
      first = vec4(upper.xz, lower.xz);
      second = vec4(upper.yw, lower.yw);
    }`,
};
