import type {ProductKind} from '../backend';
import {NUMBERS} from './glsl/numbers';
import {SUM} from './glsl/sum';
import {TEXELS} from './glsl/texels';
import {WINDOW} from './glsl/window';
import type {RowLayout} from './layout';
import type {Precision} from './precision';
import {LAYOUT, layoutUniforms, rowReader} from './row_reader';
import type {Program, Texture} from './textures';
import type {Level} from './windows';

/** The one number that a product needs of each row, t = Σ y·v or Σ v: one texel a window of a pair of rows. */
export function productSumProgram(
  kind: ProductKind,
  y: Texture,
  v: Texture,
  layout: RowLayout,
  {windowLength}: Level,
  precision: Precision,
): Program {
  const inputs: Record<string, Texture> = kind === 'logSoftmaxVjp' ? {V: v} : {Y: y, V: v};
  const names = Object.keys(inputs);
  const readers = Object.entries(inputs).map(([name, texture]) => rowReader(name, texture, layout));
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${WINDOW}${SUM}${precision.source}
      ${readers.map(({source}) => source).join('')}
      void main() {
        Window window = windowOf(outputTexel(), N);
        ${names.map((name) => `start${name}(window.pair, window.first);`).join('\n')}
        Sum sum = emptySum();
        for (int j = window.first; j < window.end; j += 2) {
          vec4 term = ${names.map((name) => `next${name}()`).join(' * ')};
          if (j + 1 == window.end) term.yw = vec2(0.);
          add(sum, term);
        }
        vec4 t = valueOf(sum) * UNIT;
        setOutput(vec4(t.x + t.y, 0., t.z + t.w, 0.));
      }`,
    inputs,
    uniforms: {
      ...layoutUniforms(layout),
      ...Object.assign({}, ...readers.map(({uniforms}) => uniforms)),
      ...precision.uniforms,
      windowLength: ['int', [windowLength]],
    },
  };
}

/** The sums of windows of such sums. */
export function sumOfSumsProgram(sums: Texture, {items, windowLength}: Level): Program {
  return {
    source: `
      ${TEXELS}${WINDOW}${SUM}
      void main() {
        Window window = windowOf(outputTexel(), items);
        Sum sum = emptySum();
        for (int k = window.first; k < window.end; k++) {
          add(sum, texelFetch(S, texelAt(window.pair * items + k, widthS), 0));
        }
        setOutput(valueOf(sum));
      }`,
    inputs: {S: sums},
    uniforms: {items: ['int', [items]], windowLength: ['int', [windowLength]], widthS: ['int', [sums.width]]},
  };
}
