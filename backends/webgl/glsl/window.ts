import {type Level, stepsOf} from '../plan';
import type {Piece} from '../program';
import type {Loop} from './sum';

/** GLSL for which window of which pair of rows a fragment is for: a pair's windows are side by side. */
export function windowPiece({items, offset, windows, step, span}: Level): Piece {
  const at = windows === 1 ? 'ivec2(0, fragment)' : 'placeAt(fragment, level.z)';
  const source = `
    #define ITEMS level.x
    #define STEP level.w
    struct Window { int pair; int first; int end; };

    Window windowOf(int fragment) {
      ivec2 at = ${at};
      int first = at.x * level.y;
      return Window(at.y, first, min(first + span, ITEMS));
    }
  `;
  return {source, uniforms: {level: ['ivec4', [items, offset, windows, step]], span: ['int', [span]]}};
}

/** A loop over the elements of a window, two at a time. */
export function overElements(level: Level): Loop {
  return {first: 'window.first', end: 'window.end', step: 'STEP', turns: stepsOf(level)};
}

/** A loop over windows, that is texels from `first` to `end`; of a few exactly, so that a compiler can unroll it. */
export function overWindows(turns: number, exactly = false): Loop {
  return {first: 'first', end: exactly ? `first + ${turns}` : 'end', step: '1', turns};
}
