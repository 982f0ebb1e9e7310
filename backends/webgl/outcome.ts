import type {ForwardKind} from '../engines/types';
import {LOG1P} from './glsl/log1p';

/**
 * What a reduction of the exponentials of a row leaves, as two numbers; a texel has those of a pair of rows. The first is
 * the maximum m, as in the texture, and no finite number if the row has no softmax. With s = Σ e^(x-m), the second is
 *
 * - `window`: s - 1, the sum without one maximal element, to be merged with other windows, in units of its exponentials
 * - `softmax`: s in those units, which are the exponentials relative to m that a map takes
 * - `logSoftmax`: log s, by log1p: with a confident maximum s = 1 + tiny, and what 1 + tiny loses is the whole result
 *
 * `logSumExp` is one number, m + log s.
 */
export type Outcome = 'window' | ForwardKind;

/**
 * Pieces of GLSL for the texel of an outcome, `outcomeOf(r)`. Of a pair of rows r has, each as (row, row, other row, other row): m,
 * the exponential of m, and the sum of the exponentials of all elements but one that is maximal.
 */
export function outcomeOf(outcome: Outcome): string[] {
  const log1p = outcome === 'logSoftmax' || outcome === 'logSumExp' ? [LOG1P] : [];
  return [...log1p, REDUCED, outcome === 'logSumExp' ? LOG_SUM_EXP : twoNumbers(outcome)];
}

function twoNumbers(outcome: Exclude<Outcome, 'logSumExp'>): string {
  const second = {
    window: 'r.others * unitOf(r) * UNIT',
    softmax: '(r.others + r.one) * unitOf(r) * UNIT',
    logSoftmax: 'log1p(r.others / r.one)',
  }[outcome];
  return `
    vec4 outcomeOf(Reduced r) {
      return texelOf(r.maxima, ${second});
    }
  `;
}

const REDUCED = `
    struct Reduced { vec4 maxima; vec4 one; vec4 others; };

    vec4 texelOf(vec4 maxima, vec4 second) {
      vec4 m = storableMaxima(maxima);
      vec4 s = mix(second, vec4(0.), haveNoSoftmax(maxima));
      return vec4(m.x, s.x, m.z, s.z);
    }

    // Two exponentials of one logit, with one shift or another, mostly differ by a power of two. GLSL's division is not
    // exact even then, so the exponents are subtracted.
    vec4 ratioOf(vec4 there, vec4 here) {
      uvec4 difference = floatBitsToUint(there) - floatBitsToUint(here);
      bvec4 byPowerOfTwo = equal(difference & 0x7fffffu, uvec4(0));
      return mix(there / here, uintBitsToFloat(difference + 0x3f800000u), byPowerOfTwo);
    }

    // The factor that makes the exponentials of a row relative to its maximum.
    vec4 unitOf(Reduced r) { return ratioOf(exponential(r.maxima, shiftOf(r.maxima)), r.one); }
`;

const LOG_SUM_EXP = `
    vec4 outcomeOf(Reduced r) {
      vec4 rest;
      vec4 z = timesScale(r.maxima, rest);
      vec4 result = storable(z + (log1p(r.others / r.one) WITH(rest)));
      return mix(result, storableMaxima(r.maxima), haveNoSoftmax(r.maxima));
    }
  `;
