import '@tensorflow/tfjs-backend-cpu';
import {describeConformance} from './conformance';
import {thisProcess} from './hosts/this_process';

describeConformance('cpu', () => thisProcess('cpu'), {
  softmax: 2,
  logSoftmax: 2,
  logSumExp: 1,
  product: 4,
  rowSum: 2 ** -22,
});
