import '@tensorflow/tfjs-backend-wasm';
import {thisProcess} from '../../hosts/this_process';
import {describeConformance} from '../conformance';

describeConformance(
  'wasm',
  () => thisProcess('wasm'),
  {
    softmax: 4,
    logSoftmax: 2,
    logSumExp: 1,
    // The kernel itself stays within 4 of the y it is given (wasm_kernels.spec.ts); the rest is what y is off.
    product: 6,
    rowSum: 2 ** -22,
  },
  'fused',
);
