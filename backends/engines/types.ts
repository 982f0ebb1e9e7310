/** What the engines compute, and of what: no tensors, no tfjs. */

/**
 * A tensor seen along one axis: `outer * inner` rows of `n` elements; element j of row (o, i) is at flat index
 * `(o * n + j) * inner + i`. With `inner` 1 the rows are contiguous. Any axis is a stride, so none needs a transpose.
 */
export interface Rows {
  outer: number;
  n: number;
  inner: number;
}

/** What a forward pass makes of each row, from its maximum m and s = Σ e^(x-m). */
export type ForwardKind = 'softmax' | 'logSoftmax' | 'logSumExp';

/** The Jacobian products; y is the softmax of the row. */
export type ProductKind =
  /** y (v - Σ y·v), the JVP and VJP of softmax */
  | 'softmaxProduct'
  /** v - Σ y·v */
  | 'logSoftmaxJvp'
  /** v - y Σ v */
  | 'logSoftmaxVjp';

/**
 * Cross-entropy of each row with its labels: Σ q (log s - (x - m)), where q is the label with its smoothing,
 * (1 - smoothing) l + smoothing / n. What has q = 0 adds nothing, even where the logit is -Infinity.
 */
export interface Loss {
  rows: Rows;
  /** Whether a label is the index of its row's class, and not a distribution. An index out of range makes the loss NaN. */
  sparse: boolean;
  /** In [0, 1). */
  smoothing: number;
  /** If not null the result is one number, the sum of all losses times this. */
  total: number | null;
}

/**
 * A call of one kernel, as data: what is run where kernels are checked. Tensors have the shape [outer, n, inner], or of rows
 * that are contiguous [outer, n].
 */
export type Trial =
  | {op: 'forward'; kind: ForwardKind; rows: Rows; scale: number; masked: boolean}
  /** Of probabilities, or of logits with that scale. */
  | {op: 'product'; kind: ProductKind; rows: Rows; scale: number; fromLogits: boolean}
  | {op: 'loss' | 'lossGradient'; loss: Loss; rows: Rows}
  | {op: 'scaleRows' | 'logPlus'; rows: Rows};
