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

/**
 * Reduces windows of rows of logits, reading each once: a power of two more or less in the shift costs no accuracy, so
 * the exponentials can be relative to a first element, while the maximum is found. Only where that turns out to be more
 * than 40 above is the window read again.
 *
 * The maximal element so far is kept out of the sum, and added when a higher one comes.
 */
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
      ${NUMBERS}${TEXELS}${LAYOUT}${windowSource(level)}${LOG1P}
      ${scale.source}${EXP}${REDUCED}${precision.source}${reader.source}

      vec4 readX(int j, int end) {
        vec4 x = directed(withinRange(nextX()));
        if (j + 1 == end) x.yw = vec2(NEGATIVE_INFINITY);
        return x;
      }

      // Of a window, with the exponentials relative to a guess at its maximum.
      Reduced reducedWith(vec4 guess, Window window) {
        Shift shift = shiftOf(guess);
        vec4 maxima = vec4(NEGATIVE_INFINITY);
        uvec4 largest = uvec4(0);
        vec4 one = vec4(0.);
        vec4 maximal = vec4(0.);
        vec4 others = vec4(0.);
        startX(window.pair, window.first);
        ${blockwise(
          'others',
          2,
          `
          vec4 x = readX(j, window.end);
          vec4 e = exponential(x, shift);
          bvec4 isHigher = greaterThan(x, maxima);
          bvec4 isMaximal = equal(x, maxima);
          sum += mix(mix(e, vec4(0.), isMaximal), maximal * one, isHigher);
          maximal = mix(maximal + vec4(isMaximal), vec4(1.), isHigher);
          one = mix(one, e, isHigher);
          maxima = max(maxima, x);
          largest = max(largest, magnitude(x));`,
        )}
        // Even and odd elements of a row have been kept apart.
        vec4 top = max(maxima.xxzz, maxima.yyww);
        bvec4 hasTop = equal(maxima, top);
        others += mix(maximal * one, vec4(0.), hasTop);
        maximal = mix(vec4(0.), maximal, hasTop);
        one = mix(vec4(0.), one, hasTop);
        largest = max(largest.xxzz, largest.yyww);
        return Reduced(mix(top, vec4(NAN), greaterThan(largest, uvec4(INFINITY_BITS))), max(one.xxzz, one.yyww),
                       maximal.xxzz + maximal.yyww, others.xxzz + others.yyww);
      }

      Reduced reduced(int texel) {
        Window window = windowOf(texel);
        startX(window.pair, window.first);
        vec4 first = readX(window.first, window.end);
        vec4 guess = max(first.xxzz, first.yyww);
        Reduced r = reducedWith(guess, window);
        vec4 rest;
        vec4 above = timesScale(r.maxima - guess, rest);
        if (!all(lessThan(above, vec4(40.)))) r = reducedWith(r.maxima, window);
        return r;
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
