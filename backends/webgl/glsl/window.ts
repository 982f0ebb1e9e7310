import type {Level} from '../windows';

export const WINDOW = 'struct Window { int pair; int first; int end; };';

/** GLSL for which window of which pair of rows a texel is for: a pair's windows are side by side. */
export function windowSource({windows}: Level): string {
  const pair = windows === 1 ? 'texel' : 'texel / level.z';
  return `
    #define ITEMS level.x
    ${WINDOW}

    Window windowOf(int texel) {
      int pair = ${pair};
      int first = (texel - pair * level.z) * level.y;
      return Window(pair, first, min(first + level.y, ITEMS));
    }
  `;
}

export function windowUniforms({items, windowLength, windows}: Level): {level: ['ivec4', number[]]} {
  return {level: ['ivec4', [items, windowLength, windows, 0]]};
}
