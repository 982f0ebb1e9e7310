import type {Mask} from '../../backend';
import type {ForwardKind} from '../../engines/types';
import type {RowCode, RowOp, Uniform} from '../row_op';
import {EXP} from '../wgsl/exp';
import {LOG1P} from '../wgsl/log1p';
import {numbers} from '../wgsl/numbers';
import {SCALE_UNIFORMS, type Scale, scaleOf, scaling} from '../wgsl/scale';
import {type MaskReader, maskReader} from './mask_reader';

/** What an element becomes from its exponential, or from itself, in a row that has a softmax. */
const FORMULAS = {
  // A row of which nothing but one element counts is 1 there, whatever a rounded reciprocal makes of it.
  softmax: (x: string) => `select(${x} * reciprocal, V(1.0), ${x} == V(sum))`,
  // In this order: x - m is exact for the logits whose result is near 0.
  logSoftmax: (x: string) => `(product(difference(${x}, maximum)) - V(logSum)) + rest(difference(${x}, maximum))`,
};

/** What an element becomes that takes no part. */
const MASKED = {softmax: '0', logSoftmax: 'bitcast<i32>(NEGATIVE_INFINITY_BITS)'};

const X = {name: 'x', vectors: true};
const INPUTS = [X];
const MASKED_INPUTS = [X, {name: 'mask', vectors: false}];

/** The forward pass: e^(x-m)/s, (x-m) - log s, or m + log s of each row. */
export function forwardOp(kind: ForwardKind, vector: 1 | 4, scale: number, mask: Mask | null, inner: number): RowOp {
  const scaled = scaleOf(scale);
  const masked = mask && maskReader(mask, inner);
  const uniforms = scaled.uniforms.map((value, i): Uniform => [SCALE_UNIFORMS[i]!, 'f32', value]);
  return {
    key: `${kind}${scaled.isOne ? '' : '_scaled'}${masked ? `_${masked.key}` : ''}`,
    inputs: masked ? MASKED_INPUTS : INPUTS,
    uniforms: masked ? [...uniforms, ...masked.uniforms] : uniforms,
    reduces: kind === 'logSumExp',
    numbersOfPart: kind === 'softmax' ? 2 : 3,
    code: () => codeOf(kind, vector, scaled, masked),
  };
}

function codeOf(kind: ForwardKind, vector: 1 | 4, scaled: Scale, masked: MaskReader | null): RowCode {
  const code = {
    functions: `${numbers(vector)}${scaling(scaled)}${EXP}${logit(masked)}${masked?.functions(vector) ?? ''}${kind === 'softmax' ? '' : LOG1P}`,
    ...(masked && {locate: masked.locate()}),
    registers: [{name: 'x', load: (j: string, inside: string) => `logit(${j}, ${inside})`}],
    sums: [],
  };
  if (kind === 'logSumExp') {
    return {
      ...code,
      exponentials: 'logarithm',
      finish: `${LOG_SUM}
        let ofMaximum = differenceOne(maximum, 0.0);
        let limit = productOne(ofMaximum) + (logSum + restOne(ofMaximum));`,
      rowResult: 'bitcast<i32>(select(bitcast<u32>(limit), bitsOf(maximumKey), hasNoSoftmax(maximumKey)))',
    };
  }
  const result = (u: number) => {
    const finite = `bitcast<VI>(${FORMULAS[kind](`x${u}`)})`;
    const all = `select(${finite}, VI(bitcast<i32>(NAN_BITS)), none)`;
    return masked ? `select(VI(${MASKED[kind]}), ${all}, kept(j${u}))` : all;
  };
  return {
    ...code,
    exponentials: kind === 'softmax' ? 'sum' : 'logarithm',
    takesExponentials: kind === 'softmax',
    finish: `
      let none = hasNoSoftmax(maximumKey);
      ${kind === 'softmax' ? 'let reciprocal = quotient(1.0, sum);' : LOG_SUM}`,
    map: result,
  };
}

/** log s, from s - 1. */
export const LOG_SUM = 'let logSum = log1p((maximal - 1.0) + quotient(others, exponentialOne(maximum, shift)));';

/** A logit of the row, directed; -Infinity beyond its end and where the mask takes it out. */
export function logit(masked: MaskReader | null): string {
  return `
    fn logit(j: u32, inside: bool) -> V {
      let bits = bitcast<VU>(directed(V(x[place(j)])));
      return bitcast<V>(select(VU(NEGATIVE_INFINITY_BITS), bits, ${masked ? 'VB(inside) & kept(j)' : 'inside'}));
    }`;
}
