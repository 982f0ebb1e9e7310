import type {WorkloadItem} from 'tfjs-softmax';

/** What people do with softmax: a classifier in training, attention, a vocabulary, and something tiny. */
export const WORKLOAD: WorkloadItem[] = [
  {op: 'softmax', shape: [64, 1000]},
  {op: 'gradLogSoftmax', shape: [64, 1000]},
  {op: 'softmax', shape: [12 * 128, 128]},
  {op: 'logSoftmax', shape: [1, 50257]},
  {op: 'softmax', shape: [1, 4]},
];
