import {EXP} from './glsl/exp';
import {LOG1P} from './glsl/log1p';
import {NUMBERS} from './glsl/numbers';
import {SUM} from './glsl/sum';
import {TEXELS} from './glsl/texels';
import {WINDOW} from './glsl/window';
import type {RowLayout} from './layout';
import {type Outcome, outcomeSource, REDUCED} from './outcome';
import {LAYOUT, layoutUniforms} from './row_reader';
import type {Arithmetic} from './statistics_program';
import type {Program, Texture} from './textures';
import type {Level} from './windows';

/**
 * Merges windows of the windows' statistics: m = max mₖ and s = Σ sₖ e^(mₖ-m), where again the ones that are maximal
 * are kept apart, so that s - 1 is not lost in s.
 */
export function mergeProgram(
  statistics: Texture,
  layout: RowLayout,
  {items, windowLength}: Level,
  outcome: Outcome,
  {scale, precision}: Arithmetic,
): Program {
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${WINDOW}${SUM}${LOG1P}${REDUCED}${scale.source}${EXP}${precision.source}

      Reduced reduced(int texel) {
        Window window = windowOf(texel, items);
        int start = window.pair * items;

        vec4 maxima = vec4(NEGATIVE_INFINITY);
        uvec4 largest = uvec4(0);
        for (int k = window.first; k < window.end; k++) {
          vec4 m = texelFetch(S, texelAt(start + k, widthS), 0).xxzz;
          maxima = max(maxima, m);
          largest = max(largest, magnitude(m));
        }
        maxima = mix(maxima, vec4(NAN), greaterThan(largest, uvec4(INFINITY_BITS)));

        Shift shift = shiftOf(maxima);
        vec4 maximal = vec4(0.);
        Sum besides = emptySum();
        Sum others = emptySum();
        for (int k = window.first; k < window.end; k++) {
          vec4 s = texelFetch(S, texelAt(start + k, widthS), 0);
          vec4 m = s.xxzz;
          vec4 rest = s.yyww / UNIT;
          bvec4 isMaximal = equal(m, maxima);
          maximal += vec4(isMaximal);
          add(besides, mix(vec4(0.), rest, isMaximal));
          add(others, mix((1. + rest) * exponential(m, shift), vec4(0.), isMaximal));
        }
        vec4 one = exponential(maxima, shift);
        return Reduced(maxima, (maximal - 1.) + (valueOf(besides) + valueOf(others) / one), one);
      }
      ${outcomeSource(outcome, layout.orientation)}`,
    inputs: {S: statistics},
    uniforms: {
      ...layoutUniforms(layout),
      ...scale.uniforms,
      ...precision.uniforms,
      items: ['int', [items]],
      windowLength: ['int', [windowLength]],
      widthS: ['int', [statistics.width]],
    },
  };
}
