import type {Level} from '../plan';
import type {Program} from '../textures';

/** GLSL for which window of which pair of rows a fragment is for: a pair's windows are side by side. */
export function windowSource({windows}: Level): string {
  const pair = windows === 1 ? 'fragment' : 'fragment / level.z';
  return `
    #define ITEMS level.x
    #define STEP level.w
    struct Window { int pair; int first; int end; };

    Window windowOf(int fragment) {
      int pair = ${pair};
      int first = (fragment - pair * level.z) * level.y;
      return Window(pair, first, min(first + span, ITEMS));
    }
  `;
}

export function windowUniforms({items, offset, windows, step, span}: Level): Program['uniforms'] {
  return {level: ['ivec4', [items, offset, windows, step]], span: ['int', [span]]};
}
