import type {Program} from './draw';
import {gridOf} from './layout';
import type {Texture} from './textures';

/** GLSL that reads any element of one of the program's inputs, in whatever layout that has: `atX(index)`. */
export function indexReader(input: string, texture: Texture, shape: number[]): Pick<Program, 'source' | 'uniforms'> {
  const {lines, columns} = gridOf(shape);
  const {width, offset, packed} = texture;
  return {
    source: packed ? packedReader(input) : unpackedReader(input),
    uniforms: {[`lieOf${input}`]: ['ivec4', [width, offset, lines, columns]]},
  };
}

function packedReader(input: string): string {
  return `
    float at${input}(int index) {
      int line = index / lieOf${input}.w;
      int column = index - line * lieOf${input}.w;
      int batch = line / lieOf${input}.z;
      line -= batch * lieOf${input}.z;
      int lineOfTexels = batch * pairsOf(lieOf${input}.z) + line / 2;
      int texel = lineOfTexels * pairsOf(lieOf${input}.w) + column / 2;
      vec4 cell = texelFetch(${input}, texelAt(texel, lieOf${input}.x), 0);
      vec2 two = line % 2 == 0 ? cell.xy : cell.zw;
      return column % 2 == 0 ? two.x : two.y;
    }`;
}

function unpackedReader(input: string): string {
  return `
    float at${input}(int index) {
      return texelFetch(${input}, texelAt(lieOf${input}.y + index, lieOf${input}.x), 0).r;
    }`;
}
