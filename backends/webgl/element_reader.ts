import {texelOfElement} from './glsl/texels';
import type {Piece} from './program';
import {lieUniform, placeFor, type Texture} from './textures';

/**
 * GLSL that reads, for the cell that is being drawn, its elements of one of the program's inputs, in whatever layout
 * that has: `elementsX(cell)`, in the order of a texel's channels. The input has the shape of the output.
 */
export function elementReader(input: string, texture: Texture): Piece {
  const source = texture.packed ? packedReader(input, texture) : unpackedReader(input, texture);
  return {source, inputs: [input], uniforms: lieUniform(input, texture)};
}

function packedReader(input: string, {width, shape}: Texture): string {
  const place = width === placeFor(shape).width ? 'outputPlace()' : `placeAt(outputTexel(), lieOf${input}.x)`;
  return `
    vec4 elements${input}(Cell cell) { return texelFetch(${input}, ${place}, 0); }`;
}

function unpackedReader(input: string, texture: Texture): string {
  const lie = `lieOf${input}`;
  const right = texture.linewise
    ? 'place.x++;'
    : `place = place.x + 1 < ${lie}.x ? ivec2(place.x + 1, place.y) : ivec2(0, place.y + 1);`;
  const two = (line: string) => `twoOf${input}(${texelOfElement(input, texture, 'cell.column', line)})`;
  return `
    vec2 twoOf${input}(ivec2 place) {
      float left = texelFetch(${input}, place, 0).r;
      ${right}
      return vec2(left, texelFetch(${input}, place, 0).r);
    }
    vec4 elements${input}(Cell cell) { return vec4(${two('cell.line')}, ${two('(cell.line + 1)')}); }`;
}
