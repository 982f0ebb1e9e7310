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
 * Which elements take part. Whether that of row (o, i) at j does is at index `outer[o] + j * step + inner[i]` of the
 * mask, whose shape is broadcast to that of the logits: along a repeated axis the index does not move.
 */
export interface Mask {
  /** bool: 1 takes part, 0 does not. */
  tensor: TensorInfo;
  outer: Int32Array;
  step: number;
  inner: Int32Array;
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

/** logSoftmaxVjp from the logits: v - y Σ v with y = softmax(scale·x), times the scale. What backpropagation asks for. */
export interface LogSoftmaxGradientRequest {
  /** Logits and vector: float32, of one shape, never empty. */
  x: TensorInfo;
  v: TensorInfo;
  rows: Rows;
  scale: number;
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
  /** The shape of the result: that of x, for losses without the axis. */
  outputShape: number[];
}

/** Its derivative in the logits, g (y Σq - q) with y = softmax(x); 0 in rows whose g is 0, whatever they hold. */
export interface CrossEntropyGradientRequest extends CrossEntropyRequest {
  /** g, one number a row. */
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
  /** In one kernel; null where softmax and then the product are no slower. */
  logSoftmaxGradient?(request: LogSoftmaxGradientRequest, backend: B): TensorInfo | null;
  /** Cross-entropy; where a backend has none, it is composed of the family. */
  crossEntropy?(request: CrossEntropyRequest, backend: B): TensorInfo;
  crossEntropyGradient?(request: CrossEntropyGradientRequest, backend: B): TensorInfo;
  /** What runs on this backend object, in a few words for people: the build, the variant, the fallback and why. */
  describe(backend: B): string;
}
