import type {ForwardKind} from '../engines/types';
import type {Frame} from './frame';
import {blockwise} from './glsl/sum';
import {overElements} from './glsl/window';
import {type MaskTexture, maskRowReader} from './mask_reader';
import {outcomeOf} from './outcome';
import type {Piece} from './program';
import type {Part} from './reduce';
import {rowReader} from './row_reader';
import type {Texture} from './textures';

/** The sum of the exponentials of each row, relative to its maximum; it leaves the outcome of that kind. */
export function exponentials(x: Texture, masked: MaskTexture | null, kind: ForwardKind, {layout, exp}: Frame): Part {
  // Where s is all that is wanted, a window needs no exponential but a factor.
  const wholeSums = kind === 'softmax';
  const pieces = (last: boolean): Piece => [exp, outcomeOf(last ? kind : wholeSums ? 'softmax' : 'window')];
  return {
    name: 'Exponentials',
    /**
     * Each element is read once: a power of two more or less in the shift costs no accuracy, so the exponentials can be
     * relative to a first element, while the maximum is found. Only where that turns out to be more than 40 above is the
     * window read again.
     *
     * One maximal exponential is kept out of the sum, which is then s - 1 with all its digits: of the largest so far and the
     * next one, the smaller is added.
     */
    ofElements: (level, last) => [
      pieces(last),
      rowReader('X', x, layout, level),
      masked ? maskRowReader(masked, layout, level) : [],
      `
      void startRead(Window window) {
        startX(window.pair, window.first);
        ${masked ? 'startM(window.pair, window.first);' : ''}
      }
      vec4 read(int j, int end) {
        vec4 x = directed(withinRange(nextX()));
        ${masked ? 'x = mix(x, vec4(NEGATIVE_INFINITY), equal(nextM(), vec4(0.)));' : ''}
        if (j + 1 == end) x.yw = vec2(NEGATIVE_INFINITY);
        return x;
      }

      // Reduces a window, with exponentials relative to a guess of its maximum.
      Reduced reducedWith(vec4 guess, Window window) {
        Shift shift = shiftOf(guess);
        vec4 maxima = vec4(NEGATIVE_INFINITY);
        uvec4 largest = uvec4(0);
        vec4 one = vec4(0.);
        vec4 others = vec4(0.);
        startRead(window);
        ${blockwise(
          'others',
          overElements(level),
          `
          vec4 x = read(j, window.end);
          vec4 e = exponential(x, shift);
          sum += min(e, one);
          one = max(e, one);
          maxima = max(maxima, x);
          largest = max(largest, magnitude(x));`,
        )}
        // Even and odd elements of a row were reduced separately.
        largest = max(largest.xxzz, largest.yyww);
        return Reduced(mix(max(maxima.xxzz, maxima.yyww), vec4(NAN), greaterThan(largest, uvec4(INFINITY_BITS))),
                       max(one.xxzz, one.yyww), others.xxzz + others.yyww + min(one.xxzz, one.yyww));
      }

      vec4 reducedExponentials(Window window) {
        startRead(window);
        vec4 first = read(window.first, window.end);
        vec4 guess = max(first.xxzz, first.yyww);
        Reduced r = reducedWith(guess, window);
        vec4 rest;
        vec4 above = timesScale(r.maxima - guess, rest);
        if (!all(lessThan(above, vec4(40.)))) r = reducedWith(r.maxima, window);
        return outcomeOf(r);
      }`,
    ],
    /** Merges windows: m = max mₖ and s = Σ sₖ e^(mₖ-m), where again one that is maximal is kept out of the sum. */
    ofWindows(last, loop) {
      const add = wholeSums
        ? 'sum += second * factor;'
        : `
          vec4 e = mix(exponential(m, shiftOf(m)) * factor, vec4(0.), haveNoSoftmax(m));
          sum += second * factor + min(e, one);
          one = max(e, one);`;
      return [
        pieces(last),
        `
      // What the exponentials of a window with maximum m are times to be of the row: mostly a power of two.
      vec4 factorOf(vec4 m, Shift shift) {
        Shift own = shiftOf(m);
        vec4 k = max(own.octaves - shift.octaves, -127.);
        vec4 factor = powerOfTwo(k);
        if (own.centre != shift.centre) factor = ratioOf(exponential(m, shift), exponential(m, own));
        return mix(factor, vec4(0.), haveNoSoftmax(m));
      }

      vec4 ofWindowsExponentials(int first, int end) {
        vec4 maxima = vec4(NEGATIVE_INFINITY);
        uvec4 largest = uvec4(0);
        for (int k = first; k < ${loop.end}; k++) {
          vec4 m = statistics(k).xxzz;
          maxima = max(maxima, m);
          largest = max(largest, magnitude(m));
        }
        maxima = mix(maxima, vec4(NAN), greaterThan(largest, uvec4(INFINITY_BITS)));

        Shift shift = shiftOf(maxima);
        vec4 one = vec4(0.);
        vec4 others = vec4(0.);
        ${blockwise(
          'others',
          loop,
          `
          vec4 s = statistics(j);
          vec4 m = s.xxzz;
          vec4 second = s.yyww / UNIT;
          vec4 factor = factorOf(m, shift);
          ${add}`,
        )}
        return ${wholeSums ? 'texelOf(maxima, others * UNIT)' : 'outcomeOf(Reduced(maxima, one, others))'};
      }`,
      ];
    },
  };
}
