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
      int line = index / ${lie}.w;
      int column = index - line * ${lie}.w;
      int batch = line / ${lie}.z;
      line -= batch * ${lie}.z;
      int lineOfTexels = batch * pairsOf(${lie}.z) + line / 2;
      int texel = lineOfTexels * pairsOf(${lie}.w) + column / 2;
      vec4 cell = texelFetch(${input}, texelAt(texel, ${lie}.x), 0);
      vec2 two = line % 2 == 0 ? cell.xy : cell.zw;
      return column % 2 == 0 ? two.x : two.y;
    }`;
}

function unpackedReader(input: string): string {
  const lie = `lieOf${input}`;
  return `
    float at${input}(int index) { return texelFetch(${input}, texelAt(${lie}.y + index, ${lie}.x), 0).r; }`;
}
