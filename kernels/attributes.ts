/** What the kernels of the family are told beside their inputs. */

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

/** Those of one loss a row, without more. */
export function lossesAlong(axis: number): CrossEntropyAttrs {
  return {axis, smoothing: 0, reduced: false, factor: 1};
}
