import type {Program} from './draw';
import type {Place, Texture} from './textures';

/**
 * GLSL that reads, for the cell that is being drawn, its elements of one of the program's inputs, in whatever layout
 * that has: `elementsX(cell)`, in the order of a texel's channels. The input has the output's shape.
 */
export function elementReader(input: string, texture: Texture, output: Place): Pick<Program, 'source' | 'uniforms'> {
  return {
    source: texture.packed ? packedReader(input, texture, output) : unpackedReader(input, texture),
    uniforms: {[`elementsOf${input}`]: ['ivec4', [texture.width, texture.offset, 0, 0]]},
  };
}

function packedReader(input: string, texture: Texture, output: Place): string {
  const place = texture.width === output.width ? 'outputPlace()' : `texelAt(outputTexel(), elementsOf${input}.x)`;
  return `
    vec4 elements${input}(Cell cell) { return texelFetch(${input}, ${place}, 0); }`;
}

function unpackedReader(input: string, {linewise}: Texture): string {
  const upper = linewise
    ? 'ivec2(cell.column, cell.line)'
    : `texelAt(elementsOf${input}.y + cell.line * COLUMNS + cell.column, elementsOf${input}.x)`;
  const lower = linewise
    ? 'ivec2(cell.column, cell.line + 1)'
    : `texelAt(elementsOf${input}.y + (cell.line + 1) * COLUMNS + cell.column, elementsOf${input}.x)`;
  const right = linewise
    ? 'place.x++;'
    : `place = place.x + 1 < elementsOf${input}.x ? ivec2(place.x + 1, place.y) : ivec2(0, place.y + 1);`;
  return `
    vec2 twoOf${input}(ivec2 place) {
      float left = texelFetch(${input}, place, 0).r;
      ${right}
      return vec2(left, texelFetch(${input}, place, 0).r);
    }
    vec4 elements${input}(Cell cell) {
      return vec4(twoOf${input}(${upper}), twoOf${input}(${lower}));
    }`;
}
