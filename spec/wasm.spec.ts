import '@tensorflow/tfjs-backend-wasm';
import {describeConformance} from './conformance';
import {thisProcess} from './hosts/this_process';

describeConformance('wasm', () => thisProcess('wasm'), {
  softmax: 4,
  logSoftmax: 2,
  logSumExp: 1,
  product: 4,
  rowSum: 2 ** -22,
});
