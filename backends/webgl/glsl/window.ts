/** Which window of which pair of rows a texel is for: a pair's windows are side by side. Needs `windowLength`. */
export const WINDOW = `
  struct Window { int pair; int first; int end; };

  Window windowOf(int texel, int rowLength) {
    int windows = (rowLength + windowLength - 1) / windowLength;
    int pair = texel / windows;
    int first = (texel - pair * windows) * windowLength;
    return Window(pair, first, min(first + windowLength, rowLength));
  }
`;
