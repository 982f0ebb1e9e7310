import type {KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';
import type {Rows} from '../kernels/rows';

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
 * Which elements take part. The mask's shape is broadcast to that of the logits: along a repeated dimension its index does
 * not move. From one element of a row to the next it moves by `step`; from row to row as the runs say.
 */
export interface Mask {
  /** bool: 1 takes part, 0 does not. */
  tensor: TensorInfo;
  step: number;
  /** The dimensions before the axis and those after it, from the outermost in. */
  outer: Run[];
  inner: Run[];
}

/** Dimensions side by side along which the mask's index moves by the same step, or not at all: as one. */
export interface Run {
  length: number;
  step: number;
}

export interface ForwardRequest {
  kind: ForwardKind;
  /** float32, never empty. */
  x: TensorInfo;
  rows: Rows;
  /** The logits are multiplied by it; any finite number. */
  scale: number;
  /**
   * Only on backends that say `masks`. What does not take part is e^-Infinity whatever it holds, NaN too; a row of
   * nothing else is 0 for softmax, and -Infinity for the other two.
   */
  mask: Mask | null;
  /** Whether the last digit is worth more than speed, for a backend that has the choice. */
  exact: boolean;
  /** The shape of the result: that of x, or for logSumExp without the axis. */
  outputShape: number[];
}

export interface ProductRequest {
  kind: ProductKind;
  /** Probabilities and vector: float32, of one shape, never empty. */
  y: TensorInfo;
  v: TensorInfo;
  rows: Rows;
  /** The product is multiplied by it. */
  factor: number;
  exact: boolean;
}

/** The same of the logits: y = softmax(scale·x). */
export interface ProductOfLogitsRequest {
  kind: ProductKind;
  /** Logits and vector: float32, of one shape, never empty. */
  x: TensorInfo;
  v: TensorInfo;
  rows: Rows;
  scale: number;
  factor: number;
  exact: boolean;
}

/**
 * Cross-entropy of each row with its labels: Σ q (log s - (x - m)), where q is the label with its smoothing,
 * (1 - smoothing) l + smoothing / n. What has q = 0 adds nothing, even where the logit is -Infinity.
 */
export interface CrossEntropyRequest {
  /** float32, never empty. */
  x: TensorInfo;
  rows: Rows;
  /** float32, as many as logits; or if sparse, int32: the index of each row's class. One out of range makes it NaN. */
  labels: TensorInfo;
  sparse: boolean;
  /** In [0, 1). */
  smoothing: number;
  /** Only on backends that say `totals`: the result is one number, the sum of all losses times this. */
  total: number | null;
  /** The shape of the losses: that of x without the axis, or of their total, []. */
  outputShape: number[];
}

/** What of it a kernel on bare arrays has to know. */
export type Loss = Pick<CrossEntropyRequest, 'rows' | 'sparse' | 'smoothing' | 'total'>;

/** Its derivative in the logits, g (y Σq - q) with y = softmax(x); 0 in rows whose g is 0, whatever they hold. */
export interface CrossEntropyGradientRequest extends CrossEntropyRequest {
  /** g, one number a row; with `total` one for all, to be multiplied by that. */
  cotangent: TensorInfo;
}

/**
 * How one tfjs backend computes the family: two functions.
 *
 * `backend` is tfjs's own object, handed in with each call: no file here imports a backend package at run time.
 * A result is a new float32 tensor on that backend; inputs are left as they are; nothing else is left behind.
 */
export interface SoftmaxBackend<B extends KernelBackend = KernelBackend> {
  forward(request: ForwardRequest, backend: B): TensorInfo;
  /** Says that `forward` takes masks. Where it does not, selections before and after it do their work. */
  readonly masks?: true;
  product(request: ProductRequest, backend: B): TensorInfo;
  /** At once; null where softmax and then the product are no slower. */
  productOfLogits?(request: ProductOfLogitsRequest, backend: B): TensorInfo | null;
  /** Cross-entropy; where a backend has none, it is composed of the family. */
  crossEntropy?(request: CrossEntropyRequest, backend: B): TensorInfo;
  crossEntropyGradient?(request: CrossEntropyGradientRequest, backend: B): TensorInfo;
  /** Each row of x times its number in g; where a backend has none, tfjs's multiplication broadcasts. */
  timesRows?(x: TensorInfo, g: TensorInfo, rows: Rows, backend: B): TensorInfo;
  /** Says that these two reduce losses to their total. Where they do not, tfjs's ops do. */
  readonly totals?: true;
  /** What runs on this backend object, in a few words for people: the build, the variant, the fallback and why. */
  describe(backend: B): string;
}
