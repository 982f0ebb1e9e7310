/**
 * The names under which the family is registered with tfjs, as they appear in `tf.profile`. They begin with a small letter,
 * tfjs's own with a capital.
 *
 * A name of seven letters has its reward: tfjs looks a kernel up twice a call by a text that it puts together of backend and
 * name, which V8 does in a fifth of the time up to twelve letters. For four logits on wasm that is a fifth of the whole.
 */
export const SOFTMAX = 'softmax';
export const LOG_SOFTMAX = 'logSoftmax';
export const LOG_SUM_EXP = 'logSumExp';
/** The same three with a second input, `mask`. */
export const MASKED_SOFTMAX = 'maskedSoftmax';
export const MASKED_LOG_SOFTMAX = 'maskedLogSoftmax';
export const MASKED_LOG_SUM_EXP = 'maskedLogSumExp';
/** The softmax Jacobian is symmetric, so one kernel is both its JVP and its VJP. */
export const SOFTMAX_PRODUCT = 'softmaxProduct';
export const LOG_SOFTMAX_JVP = 'logSoftmaxJvp';
export const LOG_SOFTMAX_VJP = 'logSoftmaxVjp';

/** Cross-entropy of logits with labels: a distribution in each row, or (sparse) the index of a class. */
export const CROSS_ENTROPY = 'crossEntropy';
export const SPARSE_CROSS_ENTROPY = 'sparseCrossEntropy';
/** Their derivative with respect to the logits, for a third input: `cotangent`, one number a row. */
export const CROSS_ENTROPY_GRADIENT = 'crossEntropyGradient';
export const SPARSE_CROSS_ENTROPY_GRADIENT = 'sparseCrossEntropyGradient';

/** The elementwise operations that derivatives of the family are made of. */
export const MULTIPLY = 'DifferentiableMultiply';
export const TIMES_ROWS = 'DifferentiableTimesRows';
export const RECIPROCAL = 'DifferentiableReciprocal';
export const LOG_PLUS = 'DifferentiableLogPlus';
export const SELECT = 'DifferentiableSelect';

/** Whether a kernel that tfjs runs is one of the family. Those that only derivatives need do not count. */
export function isOfFamily(kernelName: string): boolean {
  return /^[a-z][A-Za-z]*$/.test(kernelName);
}

/**
 * Attributes of the forward kernels; their inputs are `logits` and, if masked, `mask`: bool, and its shape broadcasts to
 * that of the logits.
 */
export interface ForwardAttrs {
  [name: string]: number | boolean;
  /** In [0, rank), or 0 for a scalar. */
  axis: number;
  /** The logits are multiplied by it; any finite number. */
  scale: number;
  /** Whether the reduced axis stays with length 1 (logSumExp only). */
  keepDims: boolean;
}

/**
 * Attributes of the three product kernels. Their inputs are `vector` and, of which one is enough, `logits` and
 * `probabilities`: without probabilities these are computed. Only with both is there a derivative.
 */
export interface ProductAttrs {
  [name: string]: number | boolean;
  axis: number;
  /** The probabilities are softmax(scale · logits). */
  scale: number;
  /** The product is multiplied by it. */
  factor: number;
}

/** Attributes of the cross-entropy kernels; their inputs are `logits` and `labels`. */
export interface CrossEntropyAttrs {
  [name: string]: number | boolean;
  axis: number;
  /** In [0, 1): the share of each label that goes to all classes alike. */
  smoothing: number;
  /** Whether the losses are reduced to one number, `factor` times their sum; the cotangent then is one number too. */
  reduced: boolean;
  factor: number;
}
