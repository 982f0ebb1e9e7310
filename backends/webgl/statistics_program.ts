import {EXP} from './glsl/exp';
import {LOG1P} from './glsl/log1p';
import {NUMBERS} from './glsl/numbers';
import {blockwise} from './glsl/sum';
import {TEXELS} from './glsl/texels';
import {windowSource, windowUniforms} from './glsl/window';
import type {RowLayout} from './layout';
import {type Outcome, outcomeSource, REDUCED} from './outcome';
import type {Precision} from './precision';
import {LAYOUT, layoutUniforms, rowReader} from './row_reader';
import type {Scale} from './scale';
import type {Program, Texture} from './textures';
import type {Level} from './windows';

/** How the forward programs see their numbers. */
export interface Arithmetic {
  scale: Scale;
  precision: Precision;
}

/** Reduces windows of rows of logits: two passes over the window, for its maximum and for the sum. */
export function statisticsProgram(
  x: Texture,
  layout: RowLayout,
  level: Level,
  outcome: Outcome,
  {scale, precision}: Arithmetic,
): Program {
  const reader = rowReader('X', x, layout);
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${windowSource(level)}${LOG1P}${REDUCED}
      ${scale.source}${EXP}${precision.source}${reader.source}

      vec4 readX(int j, int end) {
        vec4 x = directed(withinRange(nextX()));
        if (j + 1 == end) x.yw = vec2(NEGATIVE_INFINITY);
        return x;
      }

      Reduced reduced(int texel) {
        Window window = windowOf(texel);

        startX(window.pair, window.first);
        vec4 maxima = vec4(NEGATIVE_INFINITY);
        uvec4 largest = uvec4(0);
        for (int j = window.first; j < window.end; j += 2) {
          vec4 x = readX(j, window.end);
          maxima = max(maxima, x);
          largest = max(largest, magnitude(x));
        }
        maxima = max(maxima.xxzz, maxima.yyww);
        largest = max(largest.xxzz, largest.yyww);
        maxima = mix(maxima, vec4(NAN), greaterThan(largest, uvec4(INFINITY_BITS)));

        startX(window.pair, window.first);
        Shift shift = shiftOf(maxima);
        vec4 maximal = vec4(0.);
        vec4 others = vec4(0.);
        ${blockwise(
          'others',
          2,
          `
          vec4 x = readX(j, window.end);
          bvec4 isMaximal = equal(x, maxima);
          maximal += vec4(isMaximal);
          sum += mix(exponential(x, shift), vec4(0.), isMaximal);`,
        )}
        return Reduced(maxima, exponential(maxima, shift), maximal.xxzz + maximal.yyww, others.xxzz + others.yyww);
      }
      ${outcomeSource(outcome, layout.orientation)}`,
    inputs: {X: x},
    uniforms: {
      ...layoutUniforms(layout),
      ...reader.uniforms,
      ...scale.uniforms,
      ...precision.uniforms,
      ...windowUniforms(level),
    },
  };
}
