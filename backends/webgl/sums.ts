import type {Program} from './draw';
import {blockwise} from './glsl/sum';
import {overElements, overWindows} from './glsl/window';
import type {Level} from './plan';
import type {Part, Snippet} from './reduce';

/** What is summed over each row. */
export interface Terms {
  /** By names of one letter: GLSL with functions such as `startX` and `nextX`, as of `rowReader`. */
  readers(level: Level): Record<string, Pick<Program, 'source' | 'uniforms'>>;
  /** GLSL of the term of elements j and j+1 of a pair of rows, from what the readers read under their small letters. */
  term: string;
  /** What the term needs besides: GLSL before the loop. */
  ofRow?: Snippet & {statement: string};
  /** How a sum t is stored: GLSL. */
  stored: string;
}

/** A sum over each row of terms that a product or a loss has. It leaves (t, 0, t of the other row, 0). */
export function sums({readers, term, ofRow, stored}: Terms): Part {
  return {
    name: 'Sums',
    ofElements(level) {
      const all = Object.entries(readers(level));
      return {
        pieces: [
          ...(ofRow?.pieces ?? []),
          ...all.map(([, {source}]) => source),
          `
      vec4 ofElementsSums(Window window) {
        ${all.map(([name]) => `start${name}(window.pair, window.first);`).join('\n')}
        ${ofRow?.statement ?? ''}
        vec4 t = vec4(0.);
        ${blockwise(
          't',
          overElements(level),
          `
          ${all.map(([name]) => `vec4 ${name.toLowerCase()} = next${name}();`).join('\n')}
          vec4 term = ${term};
          if (j + 1 == window.end) term.yw = vec2(0.);
          sum += term;`,
        )}
        t = vec4(t.x + t.y, 0., t.z + t.w, 0.);
        return ${stored};
      }`,
        ],
        inputs: [...all.map(([name]) => name), ...(ofRow?.inputs ?? [])],
        uniforms: Object.assign({}, ofRow?.uniforms, ...all.map(([, {uniforms}]) => uniforms)),
      };
    },
    ofWindows: (_, turns, exactly) => ({
      pieces: [
        `
      vec4 ofWindowsSums(int first, int end) {
        vec4 t = vec4(0.);
        ${blockwise('t', overWindows(turns, exactly), 'sum += texelFetch(S, scratchAt(j, shiftS), 0);')}
        return t;
      }`,
      ],
      inputs: [],
      uniforms: {},
    }),
  };
}
