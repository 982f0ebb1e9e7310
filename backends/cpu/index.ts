import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {checkNotLost} from '../../tfjs/lost_values';
import {onArrays} from '../array_backend';
import type {SoftmaxBackend} from '../backend';
import {compileAhead} from '../engines/wasm/module';
import {stagesPrecompiled, stagingFailure} from '../engines/wasm/staging';
import {cpuFacts} from './facts';

/** tfjs's `cpu` backend: tensors are typed arrays. */
export const cpuBackend: SoftmaxBackend<MathBackendCPU> = {
  ...onArrays(arrayOf),
  facts: cpuFacts,
  bounds: {softmax: 4, logSoftmax: 2, logSumExp: 1, product: 6, rowSum: 2 ** -22},
  fusesMasks: true,
  fusesReduction: true,

  prepare: () => compileAhead(false),

  describe() {
    const failure = stagingFailure();
    return failure === null
      ? `WebAssembly${stagesPrecompiled() ? ' (precompiled)' : ''}, on copies in its own memory; plain TypeScript for ` +
          'tiny tensors'
      : `plain TypeScript in double precision: ${failure}`;
  },
};

function arrayOf(tensor: TensorInfo, backend: MathBackendCPU): TypedArray | number[] {
  const values = backend.data.get(tensor.dataId).values as TypedArray | number[];
  checkNotLost(tensor, values);
  return values;
}
