/** Where things are in a texture: texels are numbered line by line. */
export const TEXELS = `
  ivec2 texelAt(int index, int width) {
    int line = index / width;
    return ivec2(index - line * width, line);
  }

  int outputTexel() {
    return int(gl_FragCoord.y) * outputWidth + int(gl_FragCoord.x);
  }

  // A place in a texture, moved on by so many columns and lines; the texture is that wide.
  void moveOn(inout ivec2 place, ivec2 step, int width) {
    place += step;
    if (place.x >= width) place += ivec2(-width, 1);
  }
`;
