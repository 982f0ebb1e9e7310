import {elementStride, half, type Orientation, type RowLayout, texelStride} from './layout';
import type {Program, Texture} from './textures';

/**
 * GLSL that reads a pair of rows from one of a program's inputs, two elements of each at a time, in whatever layout
 * the input has: `startX(pair, first)` and then again and again `nextX()`, which gives elements j and j+1 of one row
 * and j and j+1 of the other. Past a row's end it gives anything; `first` is even.
 */
export function rowReader(input: string, texture: Texture, layout: RowLayout): Pick<Program, 'source' | 'uniforms'> {
  const stride = texture.packed ? texelStride(layout) : elementStride(layout);
  const step = [stride % texture.width, Math.floor(stride / texture.width)];
  return {
    source: texture.packed ? packedReader(input, layout.orientation) : unpackedReader(input, layout.orientation),
    uniforms: {[`place${input}`]: ['ivec4', [texture.width, texture.offset, ...step]]},
  };
}

/** How rows lie in the grid, for GLSL. */
export function layoutUniforms({grid, gap, n}: RowLayout): Program['uniforms'] {
  return {layoutOfRows: ['ivec4', [grid.lines, grid.columns, gap, n]]};
}

export const LAYOUT = `
  #define LINES layoutOfRows.x
  #define COLUMNS layoutOfRows.y
  #define GAP layoutOfRows.z
  #define N layoutOfRows.w
  int pairsOf(int n) { return (n + 1) / 2; }
`;

/** The texels a row takes, for `texelsFetched`. */
export function fetchesPerRead(texture: Texture, {orientation}: RowLayout): number {
  if (!texture.packed) return 4;
  return orientation === 'outerAxis' ? 2 : 1;
}

function packedReader(input: string, orientation: Orientation): string {
  const place = `place${input}`;
  const start: Record<Orientation, string> = {
    lastAxis: 'int texel = pair * pairsOf(COLUMNS) + first / 2;',
    secondLastAxis: `
      int batch = pair / pairsOf(COLUMNS);
      int texel = pair + (batch * (pairsOf(LINES) - 1) + first / 2) * pairsOf(COLUMNS);`,
    outerAxis: `
      int line = pair / pairsOf(COLUMNS);
      int outer = line / GAP;
      line += (outer * (N - 1) + first) * GAP;
      int batch = line / LINES;
      int lineInBatch = line - batch * LINES;
      upper${input} = lineInBatch % 2 == 0;
      int texel = (batch * pairsOf(LINES) + lineInBatch / 2) * pairsOf(COLUMNS) + pair % pairsOf(COLUMNS);`,
  };
  const next: Record<Orientation, string> = {
    lastAxis: `return texel;`,
    secondLastAxis: `return texel.xzyw;`,
    outerAxis: `
      vec4 following = texelFetch(${input}, at${input}, 0);
      moveOn(at${input}, ${place}.zw, ${place}.x);
      return upper${input} ? vec4(texel.x, following.x, texel.y, following.y)
                           : vec4(texel.z, following.z, texel.w, following.w);`,
  };
  return `
    ivec2 at${input};
    ${orientation === 'outerAxis' ? `bool upper${input};` : ''}
    void start${input}(int pair, int first) {
      ${start[orientation]}
      at${input} = texelAt(texel, ${place}.x);
    }
    vec4 next${input}() {
      vec4 texel = texelFetch(${input}, at${input}, 0);
      moveOn(at${input}, ${place}.zw, ${place}.x);
      ${next[orientation]}
    }
  `;
}

function unpackedReader(input: string, orientation: Orientation): string {
  const place = `place${input}`;
  const start =
    orientation === 'lastAxis'
      ? `
      int batch = pair / pairsOf(LINES);
      int line = 2 * (pair - batch * pairsOf(LINES));
      int one = (batch * LINES + line) * COLUMNS + first;
      int other = line + 1 < LINES ? one + COLUMNS : one;`
      : `
      int line = pair / pairsOf(COLUMNS);
      int column = 2 * (pair - line * pairsOf(COLUMNS));
      int outer = line / GAP;
      int one = (line + (outer * (N - 1) + first) * GAP) * COLUMNS + column;
      int other = column + 1 < COLUMNS ? one + 1 : one;`;
  return `
    ivec2 one${input};
    ivec2 other${input};
    void start${input}(int pair, int first) {
      ${start}
      one${input} = texelAt(${place}.y + one, ${place}.x);
      other${input} = texelAt(${place}.y + other, ${place}.x);
    }
    float element${input}(inout ivec2 at) {
      float element = texelFetch(${input}, at, 0).r;
      moveOn(at, ${place}.zw, ${place}.x);
      return element;
    }
    vec4 next${input}() {
      float a = element${input}(one${input});
      float b = element${input}(one${input});
      float c = element${input}(other${input});
      float d = element${input}(other${input});
      return vec4(a, b, c, d);
    }
  `;
}

/** Of the rows of a pair, ⌈n/2⌉ reads. */
export function readsPerRow(layout: RowLayout): number {
  return half(layout.n);
}
