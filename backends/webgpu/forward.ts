import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {maskReader} from './mask_reader';
import type {RowOp} from './row_op';
import {runRows} from './run_rows';
import {logits, scaleUniforms} from './wgsl/logits';

/** The forward pass: e^(x-m)/s, (x-m) - log s, or m + log s of each row. */
export function forward(request: ForwardRequest, backend: WebGPUBackend): TensorInfo {
  const {kind, x, rows, scale, mask, outputShape} = request;
  const tensors = mask ? [x, mask.tensor] : [x];
  const name = `${kind},${scale}${mask ? `,${mask.tensor.shape};${x.shape}` : ''}`;
  return runRows(name, () => forwardOp(request), tensors, rows, outputShape, backend);
}

/** What an element or a row becomes that has a softmax. */
const FORMULAS = {
  // A row of which nothing but one element counts is 1 there, whatever a rounded reciprocal makes of it.
  softmax: (x: string) => `select(${x} * reciprocal, V(1.0), ${x} == V(sum))`,
  // In this order: x - m is exact for the logits whose result is near 0.
  logSoftmax: (x: string) => `(product(${x} - maximum) - logSum) + rest(${x} - maximum)`,
};

/** What an element becomes that takes no part. */
const MASKED = {softmax: '0', logSoftmax: 'bitcast<i32>(NEGATIVE_INFINITY_BITS)'};

function forwardOp({kind, scale, mask}: ForwardRequest): RowOp {
  const masked = mask && maskReader(mask);
  const isScaled = scale !== 1;
  return {
    key: `${kind}${isScaled ? '_scaled' : ''}${masked ? `_${masked.key}` : ''}`,
    registers: ['x'],
    others: masked ? ['mask'] : [],
    uniforms: [...scaleUniforms(scale), ...(masked?.uniforms ?? [])],
    reduces: kind === 'logSumExp',
    code: (vector) => ({
      functions: `${logits(isScaled, masked !== null)}${masked?.functions(vector) ?? ''}`,
      locate: masked?.locate(),
      exponentials: kind === 'softmax' ? 'sum' : 'logarithm',
      result: (u) => {
        if (kind === 'logSumExp') {
          const finite = 'bitcast<u32>(productOne(maximum) + (logSum + restOne(maximum)))';
          return `bitcast<i32>(select(${finite}, bitsOf(maximumKey), none))`;
        }
        const all = `select(bitcast<VI>(${FORMULAS[kind](`x${u}`)}), VI(bitcast<i32>(NAN_BITS)), none)`;
        return masked ? `select(VI(${MASKED[kind]}), ${all}, kept(j${u}))` : all;
      },
    }),
  };
}
