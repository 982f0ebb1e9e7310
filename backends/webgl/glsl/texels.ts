import type {Texture} from '../textures';

/** Where things are in a texture, or in a grid. */
export const TEXELS = `
  // A place, (column, line), in what is numbered line by line.
  ivec2 placeAt(int index, int width) {
    int line = index / width;
    return ivec2(index - line * width, line);
  }

  ivec2 outputPlace() { return ivec2(gl_FragCoord.xy); }
  int outputTexel() { return outputPlace().y * outputWidth + outputPlace().x; }
`;

/** GLSL of the texel of an input that is not packed in which an element of the grid is. */
export function texelOfElement(input: string, {linewise}: Texture, column: string, line: string): string {
  if (linewise) return `ivec2(${column}, ${line})`;
  return `placeAt(lieOf${input}.y + ${line} * COLUMNS + ${column}, lieOf${input}.x)`;
}
