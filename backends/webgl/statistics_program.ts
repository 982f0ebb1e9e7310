import {EXP} from './glsl/exp';
import {LOG1P} from './glsl/log1p';
import {NUMBERS} from './glsl/numbers';
import {pairSource} from './glsl/pair';
import {blockwise} from './glsl/sum';
import {TEXELS} from './glsl/texels';
import {windowSource, windowUniforms} from './glsl/window';
import type {RowLayout} from './layout';
import {type MaskTexture, maskRowReader} from './mask_reader';
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
  masked: MaskTexture | null,
  layout: RowLayout,
  level: Level,
  outcome: Outcome,
  {scale, precision}: Arithmetic,
): Program {
  const reader = rowReader('X', x, layout);
  const mask = masked && maskRowReader(masked, layout);
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${pairSource(layout)}${windowSource(level)}${LOG1P}
      ${scale.source}${EXP}${REDUCED}${precision.source}${reader.source}${mask?.source ?? ''}

      void startRead(Window window) {
        startX(window.pair, window.first);
        ${mask ? 'startM(window.pair, window.first);' : ''}
      }
      vec4 read(int j, int end) {
        vec4 x = directed(withinRange(nextX()));
        ${mask ? 'x = mix(x, vec4(NEGATIVE_INFINITY), equal(nextM(), vec4(0.)));' : ''}
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
        startRead(window);
        ${blockwise(
          'others',
          2,
          `
          vec4 x = read(j, window.end);
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
        startRead(window);
        vec4 first = read(window.first, window.end);
        vec4 guess = max(first.xxzz, first.yyww);
        Reduced r = reducedWith(guess, window);
        vec4 rest;
        vec4 above = timesScale(r.maxima - guess, rest);
        if (!all(lessThan(above, vec4(40.)))) r = reducedWith(r.maxima, window);
        return r;
      }
      ${outcomeSource(outcome)}`,
    inputs: {X: x, ...(masked && {M: masked.texture})},
    uniforms: {
      ...layoutUniforms(layout),
      ...reader.uniforms,
      ...mask?.uniforms,
      ...scale.uniforms,
      ...precision.uniforms,
      ...windowUniforms(level),
    },
  };
}
