import type {Texture} from './textures';
import type {Program} from './textures';

/**
 * GLSL that reads, for the texel that is being drawn, the elements that belong there from one of the program's inputs,
 * in whatever layout it has: `elementsX(cell)`, in the order of the texel's channels. The input has the output's shape.
 */
export function elementReader(input: string, texture: Texture): Pick<Program, 'source' | 'uniforms'> {
  return {
    source: texture.packed ? packedReader(input) : unpackedReader(input),
    uniforms: {[`texture${input}`]: ['ivec4', [texture.width, texture.offset, 0, 0]]},
  };
}

function packedReader(input: string): string {
  return `
    vec4 elements${input}(Cell cell) {
      return texelFetch(${input}, texelAt(cell.texel, texture${input}.x), 0);
    }`;
}

function unpackedReader(input: string): string {
  return `
    vec4 elements${input}(Cell cell) {
      ivec2 upper = texelAt(texture${input}.y + cell.element, texture${input}.x);
      ivec2 lower = texelAt(texture${input}.y + cell.element + COLUMNS, texture${input}.x);
      float a = texelFetch(${input}, upper, 0).r;
      moveOn(upper, ivec2(1, 0), texture${input}.x);
      float b = texelFetch(${input}, upper, 0).r;
      float c = texelFetch(${input}, lower, 0).r;
      moveOn(lower, ivec2(1, 0), texture${input}.x);
      float d = texelFetch(${input}, lower, 0).r;
      return vec4(a, b, c, d);
    }`;
}
