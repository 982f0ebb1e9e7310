import {blockwise} from './glsl/sum';
import {overElements} from './glsl/window';
import type {Level} from './plan';
import type {Piece} from './program';
import type {Part} from './reduce';

/** What is summed over each row. */
export interface Terms {
  /** By names of one letter: GLSL with functions such as `startX` and `nextX`, as of `rowReader`, and what the term needs besides. */
  readers(level: Level): Record<string, Piece>;
  /** GLSL of the term of elements j and j+1 of a pair of rows, from what the readers read under their small letters. */
  term: string;
  /** GLSL before the loop. */
  ofRow?: string;
  /** How a sum t is stored: GLSL. By default for a map, which divides by UNIT. */
  stored?: string;
}

/** A sum over each row of terms that a product or a loss has. It leaves (t, 0, t of the other row, 0). */
export function sums({readers, term, ofRow = '', stored = 't * UNIT'}: Terms): Part {
  return {
    name: 'Sums',
    ofElements(level) {
      const all = readers(level);
      const names = Object.keys(all);
      return [
        Object.values(all),
        `
      vec4 reducedSums(Window window) {
        ${names.map((name) => `start${name}(window.pair, window.first);`).join('\n')}
        ${ofRow}
        vec4 t = vec4(0.);
        ${blockwise(
          't',
          overElements(level),
          `
          ${names.map((name) => `vec4 ${name.toLowerCase()} = next${name}();`).join('\n')}
          vec4 term = ${term};
          if (j + 1 == window.end) term.yw = vec2(0.);
          sum += term;`,
        )}
        t = vec4(t.x + t.y, 0., t.z + t.w, 0.);
        return ${stored};
      }`,
      ];
    },
    ofWindows: (_, loop) => `
      vec4 ofWindowsSums(int first, int end) {
        vec4 t = vec4(0.);
        ${blockwise('t', loop, 'sum += statistics(j);')}
        return t;
      }`,
  };
}
