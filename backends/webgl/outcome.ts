import type {ForwardKind} from '../engines/types';

/**
 * What a reduction of a row leaves, as two numbers; a texel has those of a pair of rows. The first is the maximum m,
 * as in the texture, and no finite number if the row has no softmax. With s = Σ e^(x-m), the second is
 *
 * - `window`: s - 1, the sum without one maximal element, to be merged with other windows
 * - `softmax`: s in units of the row's exponentials
 * - `labelShare`: Σq / s, in the same units; `withSumOfLabels` completes the program
 * - `logSoftmax`: log s, by log1p: with a confident maximum s = 1 + tiny, and what 1 + tiny loses is the whole result
 *
 * `logSumExp` is a number a row, m + log s, in a tensor that is not packed.
 */
export type Outcome = 'window' | 'labelShare' | ForwardKind;

/**
 * GLSL that draws an outcome, from `reduced(texel)`. Of a pair of rows that leaves, each as (row, row, other row, other
 * row): m, the exponential of m, how many elements are maximal, and the sum of the exponentials of all others.
 */
export function outcomeSource(outcome: Outcome): string {
  return outcome === 'logSumExp' ? DRAW_NUMBER : drawTexel(outcome);
}

function drawTexel(outcome: Exclude<Outcome, 'logSumExp'>): string {
  const second = {
    window: 'besidesOne(r) * UNIT',
    softmax: 'inUnitsOfMap(r) * UNIT',
    labelShare: 'sumOfLabels(outputTexel()) / inUnitsOfMap(r) * SHARE',
    logSoftmax: 'log1p(besidesOne(r))',
  }[outcome];
  return `
    ${outcome === 'labelShare' ? 'vec4 sumOfLabels(int pair);' : ''}
    void main() {
      Reduced r = reduced(outputTexel());
      vec4 second = mix(${second}, vec4(0.), haveNoSoftmax(r.maxima));
      vec4 maxima = storableMaxima(r.maxima);
      setOutput(vec4(maxima.x, second.x, maxima.z, second.z));
    }
  `;
}

const DRAW_NUMBER = `
    void main() {
      bool isOne;
      Reduced r = reduced(pairOfRow(outputTexel(), isOne));
      vec4 rest;
      vec4 z = timesScale(r.maxima, rest);
      vec4 result = storable(z + (log1p(besidesOne(r)) WITH(rest)));
      result = mix(result, storableMaxima(r.maxima), haveNoSoftmax(r.maxima));
      setOutput(isOne ? result.x : result.z);
    }
  `;

export const REDUCED = `
  struct Reduced { vec4 maxima; vec4 one; vec4 maximal; vec4 others; };

  // s - 1
  vec4 besidesOne(Reduced r) { return (r.maximal - 1.) + r.others / r.one; }

  // s times the exponential of m that the map will have. The two mostly differ by a power of two; GLSL's division is
  // not exact even then, so the exponents are subtracted.
  vec4 inUnitsOfMap(Reduced r) {
    uvec4 there = floatBitsToUint(exponential(r.maxima, shiftOf(r.maxima)));
    uvec4 here = floatBitsToUint(r.one);
    bvec4 byPowerOfTwo = equal((there - here) & 0x7fffffu, uvec4(0));
    vec4 power = uintBitsToFloat(there - here + 0x3f800000u);
    return (r.others + r.maximal * r.one) * mix(uintBitsToFloat(there) / r.one, power, byPowerOfTwo);
  }
`;
