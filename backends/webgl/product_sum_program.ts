import type {ProductKind} from '../engines/types';
import {NUMBERS} from './glsl/numbers';
import {pairSource} from './glsl/pair';
import {blockwise} from './glsl/sum';
import {TEXELS} from './glsl/texels';
import {windowSource, windowUniforms} from './glsl/window';
import type {RowLayout} from './layout';
import type {Precision} from './precision';
import {LAYOUT, layoutUniforms, rowReader} from './row_reader';
import type {Program, Scratch, Texture} from './textures';
import type {Level} from './windows';

/** The one number that a product needs of each row, t = Σ y·v or Σ v: one texel a window of a pair of rows. */
export function productSumProgram(
  kind: ProductKind,
  y: Texture,
  v: Texture,
  layout: RowLayout,
  level: Level,
  precision: Precision,
): Program {
  const inputs: Record<string, Texture> = kind === 'logSoftmaxVjp' ? {V: v} : {Y: y, V: v};
  const names = Object.keys(inputs);
  const readers = Object.entries(inputs).map(([name, texture]) => rowReader(name, texture, layout));
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${pairSource(layout)}${windowSource(level)}${precision.source}
      ${readers.map(({source}) => source).join('')}
      void main() {
        Window window = windowOf(outputTexel());
        ${names.map((name) => `start${name}(window.pair, window.first);`).join('\n')}
        vec4 t = vec4(0.);
        ${blockwise(
          't',
          2,
          `
          vec4 term = ${names.map((name) => `next${name}()`).join(' * ')};
          if (j + 1 == window.end) term.yw = vec2(0.);
          sum += term;`,
        )}
        t *= UNIT;
        setOutput(vec4(t.x + t.y, 0., t.z + t.w, 0.));
      }`,
    inputs,
    uniforms: {
      ...layoutUniforms(layout),
      ...Object.assign({}, ...readers.map(({uniforms}) => uniforms)),
      ...precision.uniforms,
      ...windowUniforms(level),
    },
  };
}

/** The sums of windows of such sums. */
export function sumOfSumsProgram(sums: Scratch, level: Level): Program {
  return {
    source: `
      ${TEXELS}${windowSource(level)}
      void main() {
        Window window = windowOf(outputTexel());
        vec4 t = vec4(0.);
        ${blockwise('t', 1, 'sum += texelFetch(S, scratchAt(window.pair * ITEMS + j, shiftS), 0);')}
        setOutput(t);
      }`,
    inputs: {S: sums},
    uniforms: {...windowUniforms(level), shiftS: ['int', [sums.shift]]},
  };
}
