/**
 * The names under which the kernels of the family are registered with tfjs, as they appear in `tf.profile`. They begin with
 * a small letter, tfjs's own with a capital.
 *
 * Names on the way of every forward call stay short: tfjs finds a kernel under the text `backend_kernel`, and up to twelve
 * characters V8 puts that together five times as fast as longer ones. For four logits on wasm that is a fifth of the call.
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

/** The entropy of softmax, without and with a mask: composed of the above. */
export const ENTROPY = 'entropy';
export const MASKED_ENTROPY = 'maskedEntropy';

/** Whether a kernel that tfjs runs is one of the family. Those that only derivatives need do not count. */
export function isOfFamily(kernelName: string): boolean {
  return /^[a-z][A-Za-z]*$/.test(kernelName);
}
