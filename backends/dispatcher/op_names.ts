/** The ops that a workload may name; `gradSoftmax` and so on are a forward and a backward pass by tf.grad. */
export const OP_NAMES = [
  'softmax',
  'softmin',
  'logSoftmax',
  'logSumExp',
  'softmaxJvp',
  'softmaxVjp',
  'logSoftmaxJvp',
  'logSoftmaxVjp',
  'gradSoftmax',
  'gradLogSoftmax',
  'gradLogSumExp',
] as const;

export type Op = (typeof OP_NAMES)[number];
