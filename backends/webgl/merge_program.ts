import {EXP} from './glsl/exp';
import {LOG1P} from './glsl/log1p';
import {NUMBERS} from './glsl/numbers';
import {pairSource} from './glsl/pair';
import {blockwise} from './glsl/sum';
import {TEXELS} from './glsl/texels';
import {windowSource, windowUniforms} from './glsl/window';
import type {RowLayout} from './layout';
import {type Outcome, outcomeSource, REDUCED} from './outcome';
import {LAYOUT, layoutUniforms} from './row_reader';
import type {Arithmetic} from './statistics_program';
import type {Program, Scratch} from './textures';
import type {Level} from './windows';

/**
 * Merges windows of the windows' statistics: m = max mₖ and s = Σ sₖ e^(mₖ-m), where again the ones that are maximal
 * are kept apart, so that s - 1 is not lost in s.
 */
export function mergeProgram(
  statistics: Scratch,
  layout: RowLayout,
  level: Level,
  outcome: Outcome,
  {scale, precision}: Arithmetic,
): Program {
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${pairSource(layout)}${windowSource(level)}${LOG1P}${scale.source}${EXP}${REDUCED}${precision.source}

      Reduced reduced(int texel) {
        Window window = windowOf(texel);
        int start = window.pair * ITEMS;

        vec4 maxima = vec4(NEGATIVE_INFINITY);
        uvec4 largest = uvec4(0);
        for (int k = window.first; k < window.end; k++) {
          vec4 m = texelFetch(S, scratchAt(start + k, shiftS), 0).xxzz;
          maxima = max(maxima, m);
          largest = max(largest, magnitude(m));
        }
        maxima = mix(maxima, vec4(NAN), greaterThan(largest, uvec4(INFINITY_BITS)));

        Shift shift = shiftOf(maxima);
        vec4 maximal = vec4(0.);
        vec4 besides = vec4(0.);
        vec4 others = vec4(0.);
        ${blockwise(
          'others',
          1,
          `
          vec4 s = texelFetch(S, scratchAt(start + j, shiftS), 0);
          vec4 m = s.xxzz;
          vec4 rest = s.yyww / UNIT;
          bvec4 isMaximal = equal(m, maxima);
          maximal += vec4(isMaximal);
          besides += mix(vec4(0.), rest, isMaximal);
          sum += mix((1. + rest) * exponential(m, shift), vec4(0.), isMaximal);`,
        )}
        vec4 one = exponential(maxima, shift);
        return Reduced(maxima, one, maximal, others + besides * one);
      }
      ${outcomeSource(outcome)}`,
    inputs: {S: statistics},
    uniforms: {
      ...layoutUniforms(layout),
      ...scale.uniforms,
      ...precision.uniforms,
      ...windowUniforms(level),
      shiftS: ['int', [statistics.shift]],
    },
  };
}
