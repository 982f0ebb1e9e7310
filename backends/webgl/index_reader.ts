import type {Piece} from './program';
import {lieUniform, type Texture} from './textures';

/** GLSL that reads any element of one of the program's inputs, in whatever layout that has: `atX(index)`. */
export function indexReader(input: string, texture: Texture): Piece {
  const source = texture.packed ? packedReader(input) : unpackedReader(input);
  return {source, inputs: [input], uniforms: lieUniform(input, texture)};
}

function packedReader(input: string): string {
  const lie = `lieOf${input}`;
  return `
    float at${input}(int index) {
      ivec2 element = placeAt(index, ${lie}.w);
      vec4 cell = texelFetch(${input}, placeAt(packedTexel(element, ${lie}.z, ${lie}.w), ${lie}.x), 0);
      vec2 two = element.y % ${lie}.z % 2 == 0 ? cell.xy : cell.zw;
      return element.x % 2 == 0 ? two.x : two.y;
    }`;
}

function unpackedReader(input: string): string {
  const lie = `lieOf${input}`;
  return `
    float at${input}(int index) { return texelFetch(${input}, placeAt(${lie}.y + index, ${lie}.x), 0).r; }`;
}
